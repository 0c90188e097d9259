import { averagingOf, measureName } from '../averaging.ts';
import { f1, MalformedCountsError } from '../f1.ts';
import { compare, type Fraction, fromDecimal, plus, toNumber, ZERO } from '../fraction.ts';
import type { ModelPolicy, Policy } from '../policy.ts';
import type { Confusion } from '../values.ts';
import { budget } from './budget.ts';
import { chance } from './chance.ts';
import { checkLeaked, withLeaked } from './check-leaked.ts';
import { checkSlices } from './check-slices.ts';
import { claims, enoughRows, golden, labelFloors, leakage, significance, sliceFloors, unmeasurable } from './checks.ts';
import { EVIDENCE_SCHEMA, Evidence, type Measured, openEvidence, type StoredEvidence } from './evidence.ts';
import { arranged, errored, type Finding, failed, passed, resultOf, warned } from './finding.ts';

export type Judgement = {
  readonly result: 'pass' | 'fail' | 'error';
  /** The gravest first. */
  readonly findings: readonly Finding[];
  /** Exact F1 of both models, and what was required; null if nothing was measured. */
  readonly f1: { readonly candidate: Fraction; readonly baseline: Fraction | null; readonly required: Fraction } | null;
};

export type Case = {
  readonly class: 'promotion' | 'rollback';
  readonly model: string;
  readonly policy: Policy;
  readonly evidence: StoredEvidence;
};

/**
 * The gate's judgement. Pure and total: the same case gives the same judgement everywhere, and no case throws.
 *
 * The mandatory rule, compared as exact fractions of integer counts: without a baseline F1 ≥ minimum, else F1 ≥ the
 * baseline's F1 (+ margin). It holds on the rows that the candidate has not seen, and on all of them. For a rollback,
 * the history of its target decides instead; it is measured for the record. Anything that is missing, malformed or not
 * finite is an `error`.
 */
export function judge(subject: Case): Judgement {
  try {
    return judged(subject);
  } catch (cause) {
    const code = cause instanceof MalformedCountsError ? 'malformed-counts' : 'malformed-evidence';
    const finding = errored(code, `the evidence cannot be judged: ${(cause as Error).message}`);
    return { result: 'error', findings: [finding], f1: null };
  }
}

/** How one model is judged, or null. @param policy its models have names from outside, so only its own members count */
export const rulesFor = (policy: Policy, model: string): ModelPolicy | null =>
  Object.hasOwn(policy.models, model) ? (policy.models[model] ?? null) : null;

function judged(subject: Case): Judgement {
  const evidence = openEvidence(Evidence.parse(subject.evidence));
  const rules = rulesFor(subject.policy, subject.model);
  if (!rules) return answer([failed('no-policy', `gate.json has no rules for the model ${subject.model}`)], null);
  const { measured } = evidence;
  checkLeaked(evidence);
  if (measured) checkMeasured(evidence, measured);
  const scores = measured && scoresOf(rules, evidence, measured);
  if (subject.class === 'rollback')
    return answer(rollback(rules, evidence, scores), scores && { ...scores, required: ZERO });
  const findings = [
    ...unmeasurable(rules, evidence),
    ...leakage(subject.policy.leakage, evidence),
    ...enoughRows(subject.policy.limits, evidence),
  ];
  if (!measured || !scores) {
    const silent = findings.every((f) => f.kind === 'passed' || f.kind === 'warned');
    return answer(silent ? [...findings, errored('not-measured', 'nothing was measured')] : findings, null);
  }
  return answer(
    [
      ...rule(rules, scores),
      ...ruleOnAll(rules, evidence, measured),
      ...(evidence.schema === EVIDENCE_SCHEMA ? chance(rules, evidence, measured) : []),
      ...labelFloors(rules, evidence, measured),
      ...sliceFloors(rules, evidence, measured, averagingOf(rules)),
      ...significance(rules, measured),
      ...budget(rules, evidence, measured),
      ...golden(measured),
      ...claims(evidence, withLeaked(measured), averagingOf(rules)),
      ...findings,
    ],
    scores,
  );
}

const answer = (findings: readonly Finding[], f1: Judgement['f1']): Judgement => ({
  result: resultOf(findings),
  findings: arranged(findings),
  f1,
});

type Scores = NonNullable<Judgement['f1']>;

function scoresOf(
  rules: ModelPolicy,
  { evaluation }: Evidence,
  measured: Pick<Measured, 'candidate' | 'baseline'>,
): Scores {
  const of = (confusion: Confusion) => f1(evaluation.labels, confusion, averagingOf(rules));
  const candidate = of(measured.candidate);
  const baseline = measured.baseline && of(measured.baseline);
  const required = baseline ? plus(baseline, fromDecimal(rules.margin)) : fromDecimal(rules.minimum);
  return { candidate, baseline, required };
}

/** The mandatory rule. */
function rule(rules: ModelPolicy, { candidate, baseline, required }: Scores): Finding[] {
  const order = compare(candidate, required);
  const sign = order < 0 ? '<' : order > 0 ? '>' : '=';
  const margin = baseline && rules.margin > 0 ? ` + margin ${rules.margin}` : '';
  const [value, needed] = shownApart(candidate, required);
  const got = `${measureName(averagingOf(rules))} ${value}`;
  if (!baseline)
    return order < 0
      ? [failed('f1-below-minimum', `${got} < ${needed}, the minimum without a baseline`)]
      : [passed('f1-at-least-minimum', `${got} ${sign} ${needed}, the minimum without a baseline`)];
  const comparison = `${got} ${sign} ${needed}, the baseline's${margin}`;
  if (order < 0) return [failed('f1-below-baseline', comparison)];
  return order === 0 && !margin
    ? [passed('f1-equals-baseline', `${comparison}: no better, which is enough`)]
    : [passed('f1-at-least-baseline', comparison)];
}

/**
 * The rule on all rows, where some were left out. The candidate itself says which rows those are: it could otherwise
 * remove rows that it gets wrong by declaring that it was trained on them.
 */
function ruleOnAll(rules: ModelPolicy, evidence: Evidence, measured: Measured): Finding[] {
  if (!measured.leaked) return [];
  const { candidate, required } = scoresOf(rules, evidence, withLeaked(measured));
  if (compare(candidate, required) >= 0) return [];
  const [got, needed] = shownApart(candidate, required);
  return [
    failed(
      'f1-too-low-on-all-rows',
      `with the leaked rows, ${measureName(averagingOf(rules))} ${got} < ${needed}: leaving them out is no way round`,
    ),
  ];
}

/** Both numbers with enough decimals to tell them apart. */
function shownApart(a: Fraction, b: Fraction): [string, string] {
  const [x, y] = [toNumber(a), toNumber(b)];
  const digits = [4, 6, 8, 12].find((d) => compare(a, b) === 0 || x.toFixed(d) !== y.toFixed(d)) ?? 16;
  return [x.toFixed(digits), y.toFixed(digits)];
}

function rollback(rules: ModelPolicy, evidence: Evidence, scores: Scores | null): Finding[] {
  if (!scores || !evidence.measured)
    return [
      passed('rollback', 'the target was in production before'),
      warned('not-measured', unmeasurable(rules, evidence)[0]?.message ?? 'the target could not be measured'),
    ];
  const [target, current] = shownApart(scores.candidate, scores.baseline ?? ZERO);
  return [
    passed(
      'rollback',
      `the target was in production before; ${measureName(averagingOf(rules))} ${target}, now ${current}: for the record`,
    ),
    ...golden(evidence.measured),
  ];
}

/**
 * Checks that counts are of exactly the pinned rows without the leaked ones, and agree with each other.
 * @throws {MalformedCountsError}
 */
function checkMeasured({ evaluation, leaked }: Evidence, measured: Measured): void {
  const { labels, perLabel } = evaluation;
  const correct = (confusion: Confusion): number => {
    f1(labels, confusion, { average: 'macro', positive: null }); // one row and one column for each label
    confusion.forEach((row, k) => {
      const rows = row.reduce((a, b) => a + b, 0);
      const pinned = (perLabel[k] ?? 0) - (leaked?.perLabel[k] ?? 0);
      if (rows !== pinned)
        throw new MalformedCountsError(`${rows} rows of "${labels[k]}" were counted, ${pinned} are pinned to count`);
    });
    return confusion.reduce((sum, row, k) => sum + (row[k] ?? 0), 0);
  };
  if (perLabel.length !== labels.length || evaluation.distinct.length !== labels.length)
    throw new MalformedCountsError('the pinned rows are not counted for every label');
  const candidate = correct(measured.candidate);
  const { baseline, onlyCandidateRight: won, onlyBaselineRight: lost } = measured;
  if ((baseline === null) !== (won === null) || (baseline === null) !== (lost === null))
    throw new MalformedCountsError('discordant rows go with a baseline');
  if (baseline && candidate - correct(baseline) !== (won ?? 0) - (lost ?? 0))
    throw new MalformedCountsError('the discordant rows do not explain the difference in correct answers');
  if (measured.latency && !baseline) throw new MalformedCountsError('the time of a baseline goes with a baseline');
  if (measured.slices) checkSlices(measured, measured.slices);
}
