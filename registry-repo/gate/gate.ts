import type { Artifacts } from '../artifacts/artifacts.ts';
import { digestOf } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { type Fraction, toNumber } from '../fraction.ts';
import type { Git } from '../git.ts';
import type { StoredEvidence, StoredMeasured } from '../judge/evidence.ts';
import { arranged, errored, type Finding, resultOf } from '../judge/finding.ts';
import { type Judgement, judge } from '../judge/judge.ts';
import { versionFolder } from '../manifest.ts';
import type { Policy } from '../policy.ts';
import type { Score } from '../scoring/score.ts';
import type { StoredSlice } from '../slices.ts';
import type { Counts, Digest, ObjectId } from '../values.ts';
import { isValid, type SigningKey, stands } from '../verdict/keys.ts';
import { signVerdict } from '../verdict/signed.ts';
import type { Bound, Verdict } from '../verdict/verdict.ts';
import { checkBaseline, requireMinimum } from './baseline.ts';
import { type Measurement, measure } from './measure.ts';
import { checkRollback } from './rollback.ts';
import { Stop } from './stop.ts';
import { changeOf, checkCommits, policyOf, readSubject, type Subject } from './subject.ts';

export type GateRequest = {
  /** The repository that has both commits: the registry itself or a mirror. */
  readonly git: Git;
  /** The commit to judge: this exact commit, wherever its branch is by now. */
  readonly head: ObjectId;
  /** The tip of main. Rules, evaluation set and baseline are read from it only. */
  readonly base: ObjectId;
  readonly pullRequest: number;
  /** Why production should go back; a rollback needs it. */
  readonly reason: string | null;
  readonly artifacts: Artifacts;
  readonly score: Score;
  /**
   * Its public half must be among the policy's gate keys. Null only evaluates: nothing is signed, and nothing counts.
   */
  readonly key: SigningKey | null;
  /**
   * The registry that this gate judges for; it refuses the main of another one. Null or left out: the registry that
   * main names.
   */
  readonly registry?: string | null;
  /** Where the evidence comes from; it is measured here if this is left out. */
  readonly measure?: Measure;
  readonly now: () => Date;
  /** Version of the program that judges. */
  readonly pawl: string;
  /** Folder for models while they are scored; the system's temporary folder if left out. */
  readonly scratch?: string;
};

/** What the gate found. Its members are those of the event `GateJudged`, and a few more for the report. */
export type GateJudgement = {
  /** `stale`: made for an older baseline. That is not a judgement: the pull request is made again and judged again. */
  readonly result: 'pass' | 'fail' | 'error' | 'stale';
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
  readonly findings: readonly Finding[];
  /** Null where the pull request is neither promotion nor rollback. */
  readonly class: 'promotion' | 'rollback' | null;
  readonly model: string | null;
  /** The promotion's id, as in the candidate's pointer. */
  readonly promotionId: string | null;
  readonly bound: Bound | null;
  readonly measured: {
    readonly labels: string[];
    readonly candidate: Counts;
    readonly baseline: Counts | null;
    readonly candidateF1: number;
    readonly baselineF1: number | null;
    readonly requiredF1: number;
    readonly discordant?: { onlyCandidateRight: number; onlyBaselineRight: number };
    readonly slices?: StoredSlice[];
    readonly leakedRows?: number;
  } | null;
  readonly claimed: { readonly labels: string[]; readonly confusion: Counts } | null;
  readonly head: ObjectId;
  readonly base: ObjectId;
  /** Digest of the signed verdict; null if the gate could not reach one. */
  readonly verdict: Digest | null;
  readonly scorer: Verdict['scorer'];
  readonly durationMs: number;
  /** An unexpected error, for the person who repairs it. */
  readonly fault: unknown;
};

/** Gathers the evidence of a case. @throws {Stop} */
export type Measure = (
  subject: Subject,
  request: Pick<GateRequest, 'artifacts' | 'score' | 'scratch'>,
) => Promise<Measurement>;

export type GateAnswer = {
  readonly judgement: GateJudgement;
  /** DSSE; null if the gate could not reach a verdict, or has no key. */
  readonly verdict: Buffer | null;
  /** The measurement, as far as it got. */
  readonly measurement: Measurement | null;
};

/** What is known when a judgement ends, however early. */
type Progress = {
  change?: { class: 'promotion' | 'rollback'; model: string };
  subject?: Subject;
  measurement?: Measurement;
};

/**
 * Judges one commit as a change to main. It fails closed: if something is missing, malformed, late or unexpected, the
 * judgement is no pass. It never rejects. It reads nothing by a name that could be moved meanwhile.
 */
export async function runGate(request: GateRequest): Promise<GateAnswer> {
  const started = request.now();
  const progress: Progress = {};
  try {
    const judgement = await judgeRequest(request, progress, started);
    return conclude(request, progress, started, judgement);
  } catch (cause) {
    const stop = cause instanceof Stop ? cause : new Stop([unforeseen(cause)], { cause });
    const result = stop.stale ? 'stale' : resultOf(stop.findings);
    const fault = cause instanceof Stop || cause instanceof RegistryError ? null : cause;
    return {
      judgement: describe(request, progress, started, { result, findings: arranged(stop.findings), f1: null }, fault),
      verdict: null,
      measurement: progress.measurement ?? null,
    };
  }
}

const unforeseen = (cause: unknown): Finding =>
  cause instanceof RegistryError
    ? errored(cause.code.replaceAll('_', '-'), cause.message)
    : errored('gate-fault', `the gate itself failed: ${cause instanceof Error ? cause.message : String(cause)}`);

async function judgeRequest(request: GateRequest, progress: Progress, started: Date): Promise<Judgement> {
  await checkCommits(request);
  const policy = await policyOf(request);
  if (request.key) checkKey(policy.value, request.key, started);
  checkRegistry(policy.value, request.registry ?? null);
  const found = await changeOf(request);
  progress.change = found.change;
  const subject = await readSubject(request, policy, found);
  progress.subject = subject;
  const throughGate = await (subject.class === 'rollback' ? checkRollback : checkBaseline)(subject, request);
  progress.measurement = await (request.measure ?? measure)(subject, request);
  const { evidence } = progress.measurement;
  const judgement = judge({ class: subject.class, model: subject.model, policy: subject.policy, evidence });
  if (throughGate === false && judgement.result === 'pass') requireMinimum(subject, judgement);
  return judgement;
}

function checkKey(policy: Policy, key: SigningKey, now: Date): void {
  const named = policy.keys.filter((k) => k.id === key.id && isValid(k, 'gate', now.toISOString()));
  if (named.some((k) => stands(policy, k))) return;
  const later = policy.keys.find((k) => k.id === key.id && k.role === 'gate' && now.toISOString() < k.from);
  if (later)
    throw new Stop([
      errored(
        'key-not-trusted',
        `your clock says ${now.toISOString()}, and gate.json trusts this gate's key ${key.id} only from ${later.from}: set the clock of this machine`,
      ),
    ]);
  throw new Stop([
    errored(
      'key-not-trusted',
      `this gate's key ${key.id} is no gate key of gate.json now, or one with an end: nobody would believe its verdict`,
    ),
  ]);
}

function checkRegistry({ registry }: Policy, wanted: string | null): void {
  if (wanted === null || registry?.id === wanted) return;
  throw new Stop([
    errored(
      'other-registry',
      `gate.json names ${registry ? `the registry ${registry.id}` : 'no registry'}, and this gate's key is for ${wanted}: a registry of its own needs a key of its own`,
    ),
  ]);
}

function conclude(request: GateRequest, progress: Progress, started: Date, judged: Judgement): GateAnswer {
  const judgement = describe(request, progress, started, judged, null);
  const { subject, measurement = null } = progress;
  if (judged.result === 'error' || !subject || !measurement || !request.key)
    return { judgement, verdict: null, measurement };
  const verdict = signVerdict(verdictOf(request, subject, measurement.evidence, judged.result, judgement), request.key);
  return { judgement: { ...judgement, verdict: digestOf(verdict) }, verdict, measurement };
}

function verdictOf(
  request: GateRequest,
  subject: Subject,
  evidence: StoredEvidence,
  result: 'pass' | 'fail',
  { findings, scorer, durationMs }: GateJudgement,
): Verdict {
  const { model, production, candidate } = subject;
  const folder = versionFolder(model, candidate.ref.version);
  return {
    schema: 'pawl.verdict/1',
    ...(subject.policy.registry && { registry: subject.policy.registry.id }),
    class: subject.class,
    model,
    promotion: production.promotion,
    pullRequest: request.pullRequest,
    reason: subject.class === 'rollback' ? request.reason : null,
    result,
    findings: [...findings],
    bound: subject.bound,
    files: candidate.files.manifest.files.map(({ path, digest }) => ({ path: `${folder}/${path}`, digest })),
    evidence,
    scorer,
    judgedAt: request.now().toISOString(),
    durationMs,
  };
}

function describe(
  request: GateRequest,
  { change, subject, measurement }: Progress,
  started: Date,
  { findings, f1, ...judgement }: Omit<Judgement, 'result'> & { result: GateJudgement['result'] },
  fault: unknown,
): GateJudgement {
  const evidence = measurement?.evidence;
  return {
    result: judgement.result,
    reasons: findings.map(({ code, message }) => ({ code, message })),
    findings,
    class: change?.class ?? null,
    model: change?.model ?? null,
    promotionId: subject?.production.promotion ?? null,
    bound: subject?.bound ?? null,
    measured: evidence ? measuredOf(evidence, f1) : null,
    claimed: evidence ? { labels: evidence.claimed.labels, confusion: evidence.claimed.confusion } : null,
    head: request.head,
    base: request.base,
    verdict: null,
    scorer: {
      pawl: request.pawl,
      onnxruntime: measurement?.versions?.onnxruntime ?? 'none',
      node: measurement?.versions?.node ?? process.versions.node,
      ...(measurement?.versions?.memory && { memory: measurement.versions.memory }),
    },
    durationMs: measurement?.durationMs ?? Math.max(0, request.now().getTime() - started.getTime()),
    fault,
  };
}

/** What was measured, for reports and events; null if nothing was. */
export function measuredOf(
  {
    evaluation,
    measured,
    leaked,
    leakedRows,
  }: Pick<StoredEvidence, 'evaluation' | 'measured' | 'leaked' | 'leakedRows'>,
  f1: Judgement['f1'],
): GateJudgement['measured'] {
  if (!measured || !f1) return null;
  const share = (x: Fraction) => Math.min(1, Math.max(0, toNumber(x)));
  return {
    labels: evaluation.labels,
    candidate: measured.candidate,
    baseline: measured.baseline,
    candidateF1: share(f1.candidate),
    baselineF1: f1.baseline && share(f1.baseline),
    requiredF1: share(f1.required),
    ...moreMeasured(measured),
    ...(leaked && leakedRows ? { leakedRows } : {}),
  };
}

/** What a report shows besides the counts that decide. */
function moreMeasured({ onlyCandidateRight, onlyBaselineRight, slices }: StoredMeasured) {
  const paired = onlyCandidateRight !== null && onlyBaselineRight !== null;
  return { ...(paired && { discordant: { onlyCandidateRight, onlyBaselineRight } }), ...(slices && { slices }) };
}
