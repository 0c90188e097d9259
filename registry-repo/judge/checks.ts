import { measureName } from '../averaging.ts';
import { type Averaging, f1, labelF1, presentF1 } from '../f1.ts';
import { compare, type Fraction, fromDecimal, toNumber } from '../fraction.ts';
import type { ModelPolicy, Policy } from '../policy.ts';
import type { Confusion } from '../values.ts';
import { type Evidence, GOLDEN_TOLERANCE, type Measured, type StoredEvidence } from './evidence.ts';
import { errored, type Finding, failed, passed, shown, warned } from './finding.ts';
import { mcnemar } from './mcnemar.ts';

// The checks of a judgement besides the mandatory rule; each returns findings of its own.

const percent = (x: Fraction): string => toNumber(x).toFixed(4);

/** Reasons why a candidate cannot be measured at all: then it is not run. */
export function unmeasurable(
  rules: ModelPolicy,
  { evaluation, claimed, modelBytes }: Pick<StoredEvidence, 'evaluation' | 'claimed' | 'modelBytes'>,
): Finding[] {
  const findings: Finding[] = [];
  if (JSON.stringify(claimed.labels) !== JSON.stringify(evaluation.labels))
    findings.push(
      failed(
        'labels-differ',
        `the model's labels ${list(claimed.labels)} are not the evaluation set's ${list(evaluation.labels)}, in this order`,
      ),
    );
  if (modelBytes > rules.modelBytes)
    findings.push(failed('model-too-large', `model.onnx has ${modelBytes} bytes, ${rules.modelBytes} at most`));
  return findings;
}

const list = (labels: readonly string[]): string =>
  `[${labels.slice(0, 10).map(shown).join(', ')}${labels.length > 10 ? ', …' : ''}]`;

/** Repetitions of a row add no evidence, so they do not count here, and neither do leaked rows. */
export function enoughRows(limits: Policy['limits'], { evaluation, leaked }: Evidence): Finding[] {
  const total = evaluation.distinct.reduce((a, b) => a + b, 0);
  const findings: Finding[] = [];
  if (total < limits.minimumRows)
    findings.push(
      errored(
        'too-few-rows',
        `the evaluation set has ${total} different rows, ${limits.minimumRows} at least are needed`,
      ),
    );
  evaluation.labels.forEach((label, k) => {
    const rows = evaluation.distinct[k] ?? 0;
    if (rows < limits.minimumRowsPerLabel)
      findings.push(
        errored(
          'too-few-rows-of-label',
          `the evaluation set has ${rows} different rows of ${shown(label)}, ${limits.minimumRowsPerLabel} at least are needed`,
        ),
      );
  });
  if (findings.length > 0 || !leaked) return findings;
  const left = evaluation.distinct.map((rows, k) => rows - (leaked.distinct[k] ?? 0));
  const least = [limits.minimumRows, ...left.map(() => limits.minimumRowsPerLabel)];
  return [left.reduce((a, b) => a + b, 0), ...left].flatMap((rows, i) => {
    const of = i === 0 ? '' : ` of ${shown(evaluation.labels[i - 1] ?? '')}`;
    const message = `without those that the candidate was trained on, ${rows} different evaluation rows${of} are left, ${least[i]} at least are needed`;
    return rows < (least[i] ?? 0) ? [failed('too-few-rows-left', message)] : [];
  });
}

/** Whether leaks leave a label without a row: then nothing can be measured. */
export const nothingLeft = ({ evaluation, leaked }: Pick<Evidence, 'evaluation' | 'leaked'>): boolean =>
  leaked?.perLabel.some((rows, k) => rows > 0 && rows >= (evaluation.perLabel[k] ?? 0)) ?? false;

export function leakage(rule: Policy['leakage'], { leakedRows, leaked }: Evidence): Finding[] {
  const found = rule.action === 'fail' ? failed : warned;
  if (leakedRows === null)
    return [found('training-rows-unknown', 'the candidate does not tell its training rows: nobody can look for leaks')];
  if (leakedRows === 0) return [passed('no-leaked-rows', 'no evaluation row is among the training rows')];
  const message = `${leakedRows} evaluation rows are among the training rows${leaked ? ' and count for neither model' : ''}`;
  return leakedRows > rule.rows
    ? [found('leaked-rows', `${message}, ${rule.rows} at most`)]
    : [warned('leaked-rows', `${message}; the policy allows ${rule.rows}`)];
}

export function labelFloors(rules: ModelPolicy, { evaluation }: Evidence, measured: Measured): Finding[] {
  return Object.entries(rules.labelFloors).map(([label, floor]) => {
    const k = evaluation.labels.indexOf(label);
    if (k < 0) return errored('floor-of-unknown-label', `gate.json has a floor for ${shown(label)}, which is no label`);
    const found = labelF1(measured.candidate, k);
    return compare(found, fromDecimal(floor)) < 0
      ? failed('label-below-floor', `F1 of ${shown(label)} is ${percent(found)} < ${floor}`)
      : passed('label-at-least-floor', `F1 of ${shown(label)} is ${percent(found)} ≥ ${floor}`);
  });
}

/** Which third of the texts got better or worse is part of the evidence; the policy says how bad a third may be. */
export function sliceFloors(
  rules: ModelPolicy,
  { evaluation, schema }: Evidence,
  measured: Measured,
  averaging: Averaging,
): Finding[] {
  return Object.entries(rules.sliceFloors ?? {}).map(([name, floor]) => {
    const slice = measured.slices?.find((s) => s.name === name);
    if (!slice) return errored('slice-not-measured', `gate.json has a floor for ${name} texts, which were not counted`);
    if (slice.rows === 0)
      return errored('slice-empty', `gate.json has a floor for ${name} texts, and the evaluation set has none`);
    const { labels } = evaluation;
    const part = presentF1(labels, slice.candidate, averaging);
    if (schema !== undefined && part?.present !== labels.length)
      return warned(
        'slice-incomplete',
        `${ofIncomplete(name, part, labels, averaging)}: the floor of ${floor} does not decide`,
      );
    const found = f1(labels, slice.candidate, averaging);
    return compare(found, fromDecimal(floor)) < 0
      ? failed('slice-below-floor', `${measureName(averaging)} on ${name} texts is ${percent(found)} < ${floor}`)
      : passed('slice-at-least-floor', `${measureName(averaging)} on ${name} texts is ${percent(found)} ≥ ${floor}`);
  });
}

const ofIncomplete = (
  name: string,
  part: ReturnType<typeof presentF1>,
  labels: readonly string[],
  averaging: Averaging,
): string =>
  part
    ? `${measureName(averaging)} on ${name} texts is ${percent(part.f1)} over ${part.present} of ${labels.length} labels, as no row has the others`
    : `${name} texts have no row of the positive label`;

export function significance(rules: ModelPolicy, measured: Measured): Finding[] {
  const { onlyCandidateRight: won, onlyBaselineRight: lost } = measured;
  if (!rules.significance || won === null || lost === null) return [];
  const p = mcnemar(lost, won);
  const message = `${won} rows won and ${lost} lost against the baseline: p = ${p.toPrecision(3)} by McNemar's test`;
  return p <= rules.significance.alpha
    ? [passed('significant', `${message} ≤ ${rules.significance.alpha}`)]
    : [failed('not-significant', `${message} > ${rules.significance.alpha}`)];
}

export function golden({ goldenDifference }: Measured): Finding[] {
  return goldenDifference <= GOLDEN_TOLERANCE
    ? [passed('golden-answers-repeat', 'the model repeats the answers that its manifest promises')]
    : [
        failed(
          'golden-answers-differ',
          `the model's answers differ from its manifest's by up to ${goldenDifference.toPrecision(3)}, ${GOLDEN_TOLERANCE} at most`,
        ),
      ];
}

/** Claims decide nothing: the measured counts do. But a false claim is shown. Claims are about all rows. */
export function claims(
  { evaluation, claimed }: Evidence,
  { candidate: counts }: Pick<Measured, 'candidate'>,
  averaging: Averaging,
): Finding[] {
  const candidate = f1(evaluation.labels, counts, averaging);
  if (claimed.rows !== evaluation.rows)
    return [warned('claim-not-comparable', 'the candidate was evaluated on other rows: its claim cannot be compared')];
  if (JSON.stringify(claimed.labels) !== JSON.stringify(evaluation.labels)) return [];
  const findings: Finding[] = [];
  const ownF1 = f1OrNull(evaluation.labels, claimed.confusion, averaging);
  const told = claimed.confusion.length > 0; // a run with too many counts for a manifest claims its F1 only
  if (told && JSON.stringify(claimed.confusion) !== JSON.stringify(counts))
    findings.push(
      warned(
        'claim-differs',
        `the candidate claims ${ownF1 ? `counts of ${measureName(averaging)} ${percent(ownF1)}` : 'counts that are none'}, measured is ${percent(candidate)}`,
      ),
    );
  if (Math.abs(claimed.f1 - toNumber(candidate)) > 1e-9)
    findings.push(
      warned(
        'claim-differs',
        `the candidate claims an F1 of ${claimed.f1}, measured is ${measureName(averaging)} ${percent(candidate)}`,
      ),
    );
  return findings.length > 0 ? findings : [passed('claim-repeats', 'the candidate claims what was measured')];
}

function f1OrNull(labels: readonly string[], confusion: Confusion, averaging: Averaging): Fraction | null {
  try {
    return f1(labels, confusion, averaging);
  } catch {
    return null;
  }
}
