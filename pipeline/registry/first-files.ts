import { evaluationPath, evaluationRowsPath } from '../../registry-repo/evaluation-set.ts';
import { printFile } from '../../registry-repo/file.ts';
import { POLICY_PATH } from '../../registry-repo/policy.ts';
import { REGISTRY_SETTINGS_PATH, registrySettings } from '../config/registry-file.ts';
import type { Dataset } from '../data/load.ts';
import type { Workspace } from '../workspace.ts';
import type { Keys } from './keys.ts';
import { newPolicy, pinEvaluationSet } from './rules.ts';

/** Name of the evaluation set that a workspace pins for its model. */
export const evaluationName = ({ config }: Workspace): string =>
  config.registry.evaluation ?? `${config.model}-test`.slice(0, 64);

/** Rules, settings and evaluation set of a new registry, by path; the rows are stored as well. */
export async function firstFiles(
  workspace: Workspace,
  dataset: Dataset,
  keys: Pick<Keys, 'trusted'>,
): Promise<Map<string, string | Buffer>> {
  const { config } = workspace;
  const { labels, source } = dataset.facts;
  const name = evaluationName(workspace);
  const { set, bytes } = pinEvaluationSet(name, labels, dataset.test, `${source.kind} ${source.location}`);
  await workspace.artifacts().put(bytes);
  const policy = newPolicy(config.policy, config.model, set, keys.trusted);
  const settings = registrySettings(config);
  return new Map<string, string | Buffer>([
    ...(settings === null ? [] : [[REGISTRY_SETTINGS_PATH, settings] as const]),
    [POLICY_PATH, printFile(policy)],
    [evaluationPath(name), printFile(set)],
    ...rowsForTree(workspace, name, bytes, policy.limits.treeBytes),
  ]);
}

/** A gate elsewhere reads small evaluation rows from the registry itself; here they are in the artifact store anyway. */
export const rowsForTree = (
  { config }: Workspace,
  name: string,
  bytes: Buffer,
  treeBytes: number,
): [string, Buffer][] =>
  config.registry.forge !== 'local' && bytes.length <= treeBytes ? [[evaluationRowsPath(name), bytes]] : [];
