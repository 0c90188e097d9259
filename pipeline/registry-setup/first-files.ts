import { digestOf } from '../../registry-repo/digest.ts';
import { evaluationPath, evaluationRowsPath } from '../../registry-repo/evaluation-set.ts';
import { printFile } from '../../registry-repo/file.ts';
import type { RegistryIdentity } from '../../registry-repo/identity.ts';
import { POLICY_PATH } from '../../registry-repo/policy.ts';
import type { RegistryAt } from '../../registry-repo/registry.ts';
import { REGISTRY_SETTINGS_PATH, registrySettings } from '../config/registry-file.ts';
import type { Dataset } from '../data/load.ts';
import { checkUnpinned, type Keys } from '../keys.ts';
import type { Minting, Settings, Storing } from '../world.ts';
import { newPolicy, pinEvaluationSet } from './rules.ts';

/** Name of the evaluation set that a workspace pins for its model. */
export const evaluationName = ({ config }: Settings): string =>
  config.registry.evaluation ?? `${config.model}-test`.slice(0, 64);

/** What a new registry begins with, and the rows of its evaluation set, which belong in the artifact store. */
export type First = {
  readonly files: Map<string, string | Buffer>;
  readonly rows: Buffer;
  readonly registry: RegistryIdentity;
};

/** Rules, settings and evaluation set of a new registry, by path. @throws {KeyError} if its keys are another registry's */
export function firstFiles(world: Settings & Minting, dataset: Dataset, keys: Pick<Keys, 'trusted'>): First {
  const { config } = world;
  const { labels, source } = dataset.facts;
  const name = evaluationName(world);
  const { set, bytes } = pinEvaluationSet(name, labels, dataset.test, `${source.kind} ${source.location}`);
  checkUnpinned(keys.trusted, null);
  const registry: RegistryIdentity = { id: world.newId(), since: world.clock().toISOString(), after: null };
  const policy = newPolicy(config.policy, config.model, set, { registry, keys: keys.trusted });
  const settings = registrySettings(config);
  const files = new Map<string, string | Buffer>([
    ...(settings === null ? [] : [[REGISTRY_SETTINGS_PATH, settings] as const]),
    [POLICY_PATH, printFile(policy)],
    [evaluationPath(name), printFile(set)],
    ...rowsForTree(world, name, bytes, policy.limits.treeBytes),
  ]);
  return { files, rows: bytes, registry };
}

/**
 * Stores the rows of an evaluation set that main has pinned, unless they are stored. The process that made the registry
 * may have been stopped before that, and a store in the registry's own releases can only begin after the first commit.
 */
export async function storePinnedRows(
  world: Settings & Storing,
  main: RegistryAt,
  load: () => Promise<Dataset>,
): Promise<void> {
  const name = evaluationName(world);
  if (!(await main.stat(evaluationPath(name)))) return;
  const { digest } = (await main.evaluationSet(name)).value;
  if (await world.artifacts().has(digest)) return;
  const { facts, test } = await load();
  const { bytes } = pinEvaluationSet(name, facts.labels, test, facts.source.kind);
  if (digestOf(bytes) === digest) await world.artifacts().put(bytes);
}

/** A remote gate reads small evaluation rows from the registry itself; here they are in the artifact store anyway. */
export const rowsForTree = (
  { config }: Settings,
  name: string,
  bytes: Buffer,
  treeBytes: number,
): [string, Buffer][] =>
  config.registry.forge !== 'local' && bytes.length <= treeBytes ? [[evaluationRowsPath(name), bytes]] : [];
