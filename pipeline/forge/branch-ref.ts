import { ForgeError } from './errors.ts';

/**
 * The full ref of a branch. Pawl names its branches; a name that git or a person could read in two ways is refused.
 * @throws {ForgeError} `refused`
 */
export function branchRef(branch: string): string {
  if (!/^[a-z0-9][a-z0-9-]*(?:\/[a-z0-9][a-z0-9-]*)*$/.test(branch) || branch === 'main' || branch.length > 200)
    throw new ForgeError('refused', `"${branch}" is no branch for a pull request`);
  return `refs/heads/${branch}`;
}
