import * as z from 'zod';
import { EVIDENCE_SCHEMA, Evidence, type StoredEvidence } from '../judge/evidence.ts';
import { errored, Finding } from '../judge/finding.ts';
import { TRAINING_ROWS_FILE } from '../manifest.ts';
import { ObjectId } from '../values.ts';
import { Bound } from '../verdict/verdict.ts';
import type { GateAnswer, Measure } from './gate.ts';
import { baselineBytesFor, modelBytesOf } from './measure.ts';
import { Stop } from './stop.ts';
import type { Subject } from './subject.ts';

/**
 * What the part of a gate that loads models sends to the part that signs. The first part runs hostile files and has no
 * rights, so this is only a claim of counts. Everything else in it is compared with what the second part finds itself.
 */
export const Evaluated = z.strictObject({
  schema: z.literal('pawl.evaluated/1'),
  pullRequest: z.int().min(1),
  head: ObjectId,
  base: ObjectId,
  result: z.enum(['pass', 'fail', 'error', 'stale']),
  findings: z.array(Finding).min(1).max(100),
  bound: Bound.nullable(),
  evidence: Evidence.nullable(),
  versions: z
    .strictObject({
      onnxruntime: z.string().max(100),
      node: z.string().max(100),
      memory: z.literal('unbounded').optional(),
    })
    .nullable(),
  durationMs: z.number().min(0),
});
export type Evaluated = z.infer<typeof Evaluated>;

/** A job's output may have a megabyte, and this one is compressed. */
export const MAX_EVALUATED_BYTES = 16 * 1024 * 1024;

export function evaluatedOf(pullRequest: number, { judgement, measurement }: GateAnswer): Evaluated {
  const { head, base, result, findings, bound, durationMs } = judgement;
  const { evidence = null, versions = null } = measurement ?? {};
  return Evaluated.parse({
    schema: 'pawl.evaluated/1',
    pullRequest,
    head,
    base,
    result,
    findings,
    bound,
    evidence,
    versions,
    durationMs,
  });
}

/**
 * Takes the evidence from an evaluation instead of measuring. The evaluation must be of this case: the same commit,
 * policy, rows, baseline and files. Everything that can be known without the model must be as the evaluation says.
 *
 * @param evaluated null: the evaluation did not finish
 */
export const measuredBy =
  (evaluated: Evaluated | null, request: { head: ObjectId; pullRequest: number }): Measure =>
  async (subject) => {
    if (!evaluated)
      throw new Stop([
        errored('not-evaluated', 'the evaluation ended without an answer: see its log, then run it again'),
      ]);
    if (evaluated.head !== request.head || evaluated.pullRequest !== request.pullRequest)
      throw new Stop([
        errored(
          'other-evaluation',
          `what was evaluated is ${evaluated.head} of pull request ${evaluated.pullRequest}, not ${request.head} of ${request.pullRequest}`,
        ),
      ]);
    const { evidence, bound, versions, durationMs } = evaluated;
    if (!evidence || !bound) throw new Stop(grave(evaluated.findings));
    checkBound(bound, subject);
    checkEvidence(evidence, subject);
    // What kept the evaluation from measuring (such as a model that cannot be scored) must also keep this gate from
    // passing.
    if (!evidence.measured && evaluated.result !== 'pass') throw new Stop(grave(evaluated.findings));
    return { evidence, versions, durationMs };
  };

/** An evaluation without evidence is no pass, whatever its findings are. */
const grave = (findings: readonly Finding[]): Finding[] => {
  const told = findings.filter((f) => f.kind === 'failed' || f.kind === 'error');
  return told.length > 0 ? told : [errored('not-evaluated', 'the evaluation gives no evidence and no reason')];
};

function checkBound(told: Bound, { bound }: Subject): void {
  const parts = ['policy', 'evaluation', 'baseline', 'candidate', 'changes'] as const;
  const moved = parts.filter((part) => JSON.stringify(told[part]) !== JSON.stringify(bound[part]));
  if (moved.length === 0) return;
  const message = `the evaluation was of another ${moved.join(', ')} than main and the pull request have now`;
  throw new Stop([errored('evaluation-void', message)], { stale: true });
}

function checkEvidence(evidence: StoredEvidence, subject: Subject): void {
  const { set, candidate, baseline } = subject;
  const { manifest } = candidate.files;
  const tells = subject.class === 'promotion' && manifest.files.some(({ path }) => path === TRAINING_ROWS_FILE);
  const pairs: readonly [string, unknown, unknown][] = [
    ['way of judging', evidence.schema, EVIDENCE_SCHEMA],
    ['word on leaked rows', evidence.leakedRows !== null, tells],
    ['rows', evidence.evaluation.rows, set.digest],
    ['labels', evidence.evaluation.labels, set.labels],
    ['rows of each label', evidence.evaluation.perLabel, set.labels.map((l) => set.perLabel[l])],
    ['claim', [evidence.claimed.confusion, evidence.claimed.f1], [manifest.claimed.confusion, manifest.claimed.f1]],
    ['labels claimed', evidence.claimed.labels, manifest.labels],
    ['rows claimed', evidence.claimed.rows, manifest.data.test.digest],
    ['model size', evidence.modelBytes, modelBytesOf(candidate)],
    ['baseline size', evidence.baselineBytes ?? null, baselineBytesFor(subject).baselineBytes ?? null],
    ['baseline', evidence.measured ? evidence.measured.baseline === null : !baseline, !baseline],
  ];
  const [wrong] = pairs.filter(([, told, known]) => JSON.stringify(told) !== JSON.stringify(known));
  if (wrong)
    throw new Stop([errored('evaluation-contradicts', `the evaluation tells another ${wrong[0]} than is known`)]);
}
