import { digestOf } from '../../registry-repo/digest.ts';
import type { EvaluationSet } from '../../registry-repo/evaluation-set.ts';
import type { RegistryIdentity } from '../../registry-repo/identity.ts';
import type { Key, ModelPolicy, Policy } from '../../registry-repo/policy.ts';
import { printRows, type Row } from '../../registry-repo/rows.ts';
import type { Config } from '../config/config.ts';

type Initial = Config['policy'];

/** How many promotions back a rollback may reach, in a new registry. */
const ROLLBACK_REACH = 20;

/** The rules of a new registry with one model. */
export function newPolicy(
  initial: Initial,
  model: string,
  set: EvaluationSet,
  { registry, keys }: { registry: RegistryIdentity; keys: readonly Key[] },
): Policy {
  const { treeMegabytes, scoreSeconds, scoreMegabytes, minimumRows, minimumRowsPerLabel, leakedShare } = initial;
  return {
    schema: 'pawl.policy/1',
    registry,
    models: { [model]: modelRules(initial, set) },
    limits: {
      treeBytes: Math.round(treeMegabytes * 1e6),
      scoreSeconds,
      scoreMegabytes,
      minimumRows,
      minimumRowsPerLabel,
    },
    leakage: { rows: Math.ceil(leakedShare * set.rows), action: 'fail' },
    merge: initial.merge,
    rollback: { last: ROLLBACK_REACH },
    revoked: [],
    keys: keys.map(({ registry: _, ...key }) => key),
  };
}

/** The rules of one model, for the labels of its evaluation set. */
export function modelRules(initial: Initial, set: EvaluationSet): ModelPolicy {
  const average = initial.average ?? (set.labels.length === 2 ? 'binary' : 'macro');
  return {
    evaluation: set.name,
    average,
    positive: average === 'binary' ? (initial.positive ?? (set.labels.at(-1) as string)) : null,
    minimum: initial.minimum,
    margin: initial.margin,
    significance: null,
    labelFloors: {},
    modelBytes: Math.round(initial.modelMegabytes * 1e6),
  };
}

/** Pins rows: what is committed, and the bytes that it pins. */
export function pinEvaluationSet(
  name: string,
  labels: readonly string[],
  rows: readonly Row[],
  source: string,
): { set: EvaluationSet; bytes: Buffer } {
  const bytes = printRows(rows);
  const count = (label: string) => rows.filter((row) => row.label === label).length;
  const set: EvaluationSet = {
    schema: 'pawl.evaluation-set/1',
    name,
    labels: [...labels],
    rows: rows.length,
    perLabel: Object.fromEntries(labels.map((label) => [label, count(label)])),
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    source: source.slice(0, 500),
  };
  return { set, bytes };
}
