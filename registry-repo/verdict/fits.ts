import { digestOf } from '../digest.ts';
import { evaluationPath } from '../evaluation-set.ts';
import { MAX_JSON_BYTES } from '../file.ts';
import { type Finding, failed } from '../judge/finding.ts';
import { type Key, POLICY_PATH } from '../policy.ts';
import { RegistryAt } from '../registry.ts';
import { stands } from './keys.ts';
import { named, type OpenedVerdict } from './signed.ts';
import type { Verdict } from './verdict.ts';

/**
 * Checks that a verdict still holds on a commit of main after the one it was given on: policy, evaluation set and
 * baseline are the same, a key that signed it has not been ended, and the paths that it changes are on main as they
 * were. Other models may have moved meanwhile.
 *
 * @returns what voids it; nothing if it fits
 */
export async function misfits(
  { verdict, keys }: Pick<OpenedVerdict, 'verdict' | 'keys'>,
  main: RegistryAt,
): Promise<Finding[]> {
  const { bound, model } = verdict;
  if (!(await main.git.isAncestor(bound.base, main.commit)))
    return [failed('history-rewritten', `${bound.base}, which was judged against, is not in the history of main`)];
  const findings: Finding[] = [];
  if ((await fileDigest(main, POLICY_PATH)) !== bound.policy)
    findings.push(failed('policy-moved', 'gate.json is not the one that was judged by'));
  else findings.push(...(await otherRegistry(main, verdict)), ...(await endedKeys(main, keys)));
  if ((await fileDigest(main, evaluationPath(bound.evaluation.set))) !== bound.evaluation.digest)
    findings.push(
      failed('evaluation-moved', `the evaluation set ${bound.evaluation.set} is not the one that was judged on`),
    );
  const baseline = await main.production(model);
  if (baseline?.value.version !== bound.baseline?.version || baseline?.value.manifest !== bound.baseline?.manifest)
    findings.push(
      failed('baseline-moved', `the version of ${model} in production is not the one that was compared with`),
    );
  const then = new RegistryAt(main.git, bound.base);
  for (const { path } of bound.changes)
    if ((await main.stat(path))?.oid !== (await then.stat(path))?.oid)
      findings.push(failed('changes-collide', `${path} has been changed on main`));
  return findings;
}

/** Checks that a verdict names the same registry as the rules on a commit of main, or none if they name none. */
export async function otherRegistry(main: RegistryAt, verdict: Verdict): Promise<Finding[]> {
  const { registry } = (await main.policy()).value;
  if (registry?.id === verdict.registry) return [];
  const here = registry ? `the registry ${registry.id}` : 'none';
  return [
    failed('other-registry', `the verdict is for ${named(verdict)}, and gate.json at ${main.commit} names ${here}`),
  ];
}

/**
 * Checks the signers of something by the rules on a commit of main. @returns what is wrong; nothing if one of the keys
 * stands there
 */
export async function endedKeys(main: RegistryAt, keys: readonly Key[]): Promise<Finding[]> {
  const policy = (await main.policy()).value;
  if (keys.some((key) => stands(policy, key))) return [];
  const names = keys.map(({ id }) => id).join(', ');
  return [
    failed(
      'key-ended',
      `gate.json at ${main.commit} names ${names} no more, or with an end: what is merged after it needs a key that stands there`,
    ),
  ];
}

const fileDigest = async (main: RegistryAt, path: string): Promise<string | null> =>
  (await main.stat(path)) && digestOf(await main.file(path, MAX_JSON_BYTES));
