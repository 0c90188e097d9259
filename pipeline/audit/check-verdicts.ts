import { canonicalJson } from '../../events/canonical-json.ts';
import type { EventOf } from '../../projections/projection.ts';
import { ArtifactMissingError } from '../../registry-repo/artifacts/errors.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import { openVerdict } from '../../registry-repo/verdict/signed.ts';
import type { Verdict } from '../../registry-repo/verdict/verdict.ts';
import { rejudge } from '../../registry-repo/verify/rejudge.ts';
import { type CheckResult, type Finding, sayFor } from './findings.ts';
import { type AuditSubject, eventName, type ReadLog } from './subject.ts';

const CHECK = 'verdicts';
const say = sayFor(CHECK);

/**
 * Opens every signed verdict and judges again from the evidence in it: the gate must have given the only possible
 * answer. A refusal before anything was measured has no evidence, so nothing could be signed; and it put nothing into
 * production.
 */
export async function checkVerdicts(subject: AuditSubject, log: ReadLog): Promise<CheckResult> {
  const judged = log.events.filter((e) => e.type === 'GateJudged');
  const findings: Finding[] = [];
  for (const [i, event] of judged.entries()) {
    findings.push(...(await checkOne(subject, event)));
    subject.progress('judging again', i + 1, judged.length);
  }
  return {
    check: CHECK,
    looked: `${judged.length} judgements: signatures, and judged again from their evidence${unsigned(judged)}`,
    findings,
  };
}

function unsigned(judged: readonly EventOf<'GateJudged'>[]): string {
  const refused = judged.filter(isRefusedUnmeasured).length;
  return refused === 0 ? '' : `; ${refused} refused before anything was measured`;
}

const isRefusedUnmeasured = ({ data }: EventOf<'GateJudged'>): boolean =>
  data.verdict === null && data.result === 'fail' && data.measured === null && data.claimed === null;

async function checkOne(
  { artifacts, artifactsApart, registry, trusted, now }: AuditSubject,
  event: EventOf<'GateJudged'>,
): Promise<Finding[]> {
  const name = eventName(event);
  const { verdict: digest, result } = event.data;
  if (digest === null)
    return result === 'error' || isRefusedUnmeasured(event)
      ? []
      : [say('error', 'verdict-missing', name, `says ${result}, but no verdict was signed`, event.time)];
  try {
    const opened = openVerdict(await artifacts.get(digest), trusted, now);
    const findings = differences(event, opened.verdict).map((what) =>
      say('error', 'verdict-differs', name, `${what} is not what the signed verdict says`, event.time),
    );
    if (!registry) return findings;
    const again = await rejudge(registry.git, opened);
    return [...findings, ...again.map((f) => say('error', f.code, name, f.message, event.time))];
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    if (artifactsApart && error instanceof ArtifactMissingError)
      return [
        say('warning', error.code, name, 'its verdict is not on this machine, so it was not judged again', event.time),
      ];
    return [say('error', error.code, name, error.message, event.time)];
  }
}

/** Members of the event that the verdict also has, with another value. */
function differences({ data }: EventOf<'GateJudged'>, verdict: Verdict): string[] {
  const measured = verdict.evidence.measured;
  const pairs: readonly [string, unknown, unknown][] = [
    ['the result', data.result, verdict.result],
    ['the class', data.class, verdict.class],
    ['the promotion', data.promotionId, verdict.promotion],
    ['what it is bound to', data.bound, verdict.bound],
    ['the candidate’s counts', data.measured?.candidate ?? null, measured?.candidate ?? null],
    ['the baseline’s counts', data.measured?.baseline ?? null, measured?.baseline ?? null],
  ];
  return pairs.filter(([, told, signed]) => canonicalJson(told) !== canonicalJson(signed)).map(([what]) => what);
}
