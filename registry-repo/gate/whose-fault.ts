/**
 * Tells whose fault it is when a judgement ends in an error, by the code of its gravest finding.
 *
 * `candidate`: the candidate cannot be judged as it is, here or anywhere: it is refused. `gate`: the gate, or what it
 * depends on (its machine, the store, the rules and the baseline on main), could not do its work. That says nothing
 * about the candidate: it waits, and is judged again when a person has repaired the cause.
 */
const WHOSE_FAULT: Readonly<Record<string, 'candidate' | 'gate'>> = {
  'artifact-missing': 'candidate',
  'artifact-corrupt': 'candidate',
  'baseline-not-comparable': 'candidate',
  'evaluation-contradicts': 'candidate',
  'floor-of-unknown-label': 'gate',
  'key-not-trusted': 'gate',
  'latency-not-measured': 'gate',
  'malformed-counts': 'candidate',
  'malformed-evidence': 'candidate',
  'not-evaluated': 'gate',
  'not-measured': 'gate',
  'other-evaluation': 'candidate',
  'output-too-large': 'candidate',
  'score-crashed': 'candidate',
  'score-garbage': 'candidate',
  'score-memory': 'candidate',
  'score-timeout': 'candidate',
  'artifact-store-unavailable': 'gate',
  'base-manifest-differs': 'gate',
  'baseline-refused': 'gate',
  'baseline-unverified': 'gate',
  'evaluation-differs': 'gate',
  'gate-fault': 'gate',
  'gate-unfit': 'gate',
  'git-failed': 'gate',
  'no-such-commit': 'gate',
  'other-registry': 'gate',
  'processor-lacks-vnni': 'gate',
  'score-engine': 'gate',
  'score-killed': 'gate',
  'score-not-started': 'gate',
  'score-stopped': 'gate',
  'size-not-compared': 'gate',
  'slice-empty': 'gate',
  'slice-not-measured': 'gate',
  'too-few-rows': 'gate',
  'too-few-rows-of-label': 'gate',
  /** A remote gate reported a failure without details. */
  'gate-error': 'candidate',
  /** A remote gate reported that it could not judge. */
  'could-not-judge': 'gate',
};

/** @returns null for a code that is no error of a gate */
export function whoseFault(code: string): 'candidate' | 'gate' | null {
  if (Object.hasOwn(WHOSE_FAULT, code)) return WHOSE_FAULT[code] ?? null;
  return code.startsWith('base-') ? 'gate' : null; // anything that is wrong with a file on main
}

/**
 * Whether a judgement is no answer at all, rather than a refusal. An unexpected error is no answer either: "could not"
 * is never "no".
 *
 * @param judged.reasons the gravest first
 */
export const couldNotJudge = ({ result, reasons }: Judged): boolean =>
  result === 'error' && whoseFault(reasons[0]?.code ?? '') !== 'candidate';

type Judged = { readonly result: string; readonly reasons: readonly { readonly code: string }[] };
