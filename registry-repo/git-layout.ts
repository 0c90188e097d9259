import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether refs are files of this repository, and objects are named by SHA-1 and stored in the usual way. Anything else
 * is left to git, which knows what it can read, and has its own error messages.
 */
export function isPlainLayout(gitDir: string): boolean {
  const [config, head] = [textOf(join(gitDir, 'config')), textOf(join(gitDir, 'HEAD'))];
  // These words count wherever they stand, even in a comment: then git is asked, which is only slower.
  if (config === null || /extensions|sharedrepository/i.test(config)) return false;
  const formats = [...config.matchAll(/repositoryformatversion\s*=\s*(\S*)/gi)].map(([, version]) => version);
  if (formats.length === 0 || formats.some((version) => version !== '0')) return false;
  if (head === null || !/^(?:ref: refs\/|[0-9a-f]{40}\s)/.test(head)) return false;
  return !existsSync(join(gitDir, 'commondir')) && ['objects', 'refs'].every((name) => existsSync(join(gitDir, name)));
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
