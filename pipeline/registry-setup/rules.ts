import { averagingOf } from '../../registry-repo/averaging.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import type { EvaluationSet } from '../../registry-repo/evaluation-set.ts';
import type { Averaging } from '../../registry-repo/f1.ts';
import type { RegistryIdentity } from '../../registry-repo/identity.ts';
import { shown } from '../../registry-repo/judge/finding.ts';
import type { Key, ModelPolicy, Policy } from '../../registry-repo/policy.ts';
import { printRows, type Row } from '../../registry-repo/rows.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';

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
  return {
    evaluation: set.name,
    ...measureOf(initial, set.labels),
    minimum: initial.minimum,
    margin: initial.margin,
    significance: null,
    labelFloors: {},
    modelBytes: Math.round(initial.modelMegabytes * 1e6),
  };
}

/**
 * The averaging of F1 that rules ask for: with `positive` that label's F1, else the mean over labels.
 *
 * @param origin of the rules
 * @throws {ConfigError} if they contradict each other, or name a label that does not exist
 */
export function measureOf(
  { average, positive }: Pick<Initial, 'average' | 'positive'>,
  labels: readonly string[],
  origin = '',
): Averaging {
  const wrong = (path: string, message: string) => new ConfigError([{ path, origin, message }]);
  if (average === 'binary' && positive === null)
    throw wrong('policy.positive', 'policy.average is binary, so name the label that counts');
  if (average !== null && average !== 'binary' && positive !== null)
    throw wrong('policy.average', `${average} is over all labels, and policy.positive names one: unset one of the two`);
  if (positive !== null && !labels.includes(positive)) {
    const known = labels.slice(0, 10).map(shown).join(', ');
    throw wrong('policy.positive', `${shown(positive)} is none of the labels: ${known}`);
  }
  return averagingOf({ average, positive });
}

/** Pins rows: gives the file to commit, and the bytes whose digest it holds. */
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
