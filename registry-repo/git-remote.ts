import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SAFE_CONFIG } from './git-environment.ts';
import { enteredBy, requireOurs } from './git-owner.ts';

/**
 * Adds what a command needs that talks to another repository: permission for that one protocol and, where the other is
 * a folder of this machine, a program at its end that ignores that folder's settings as Pawl's own git does. Git starts
 * that program with an environment without Pawl's options, so they are passed again.
 *
 * @param args a `fetch`, `push` or `ls-remote`, without options of git itself that have values of those names
 * @param remote an absolute path or a URL
 * @throws {GitFolderRefusedError}
 */
export function reaching(
  args: readonly string[],
  remote: string,
): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const protocol = isAbsolute(remote) ? 'file' : new URL(remote).protocol.slice(0, -1);
  const env = { GIT_ALLOW_PROTOCOL: protocol };
  if (protocol !== 'file') return { args: [...UNTIL_SILENT, ...args], env };
  const path = isAbsolute(remote) ? remote : fileURLToPath(remote);
  for (const folder of new Set([path, enteredBy(path)])) requireOurs(folder);
  const at = args.findIndex((arg) => Object.hasOwn(PROGRAMS, arg)) + 1;
  const program = PROGRAMS[args[at - 1] ?? ''];
  if (program === undefined) throw new TypeError(`git ${args[0]} reaches no other repository`);
  return { args: [...args.slice(0, at), `--${program}=${AT_THE_OTHER_END} ${program}`, ...args.slice(at)], env };
}

/** A server that accepts and then sends nothing for a minute is given up. Git's servers say now and then that they work. */
const UNTIL_SILENT = ['-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=60'];

const PROGRAMS: Readonly<Record<string, string>> = {
  fetch: 'upload-pack',
  'ls-remote': 'upload-pack',
  push: 'receive-pack',
};

/** A constant, because git gives it to a shell. The owner is checked before. */
const AT_THE_OTHER_END = ['git', ...[...SAFE_CONFIG, 'safe.directory=*'].map((c) => `-c '${c}'`)].join(' ');
