import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { TRUE, workingTool } from '../../../registry-repo/model-process/tools.ts';

/** What a program may write to, and where its temporary files really are; folders that are there. */
export type Room = { readonly writable: readonly string[]; readonly temporary: string };

/** A command line by which a program runs apart: it sees this machine's files but for what is hidden, and no process of it. */
export type Apart = (argv: readonly string[], room: Room) => string[];

/**
 * How a program is kept from what it must not read; null where this machine cannot (no bubblewrap, or it may not be used).
 * The network stays: training may need it.
 *
 * @param hidden absolute paths of folders and files; of links, what they lead to. What is not there needs no hiding
 */
export async function apartHere(hidden: readonly string[]): Promise<Apart | null> {
  if (process.platform !== 'linux') return null;
  const walls = hiding(hidden);
  const bwrap = await workingTool('bwrap', (tool) => [tool, ...walls, TRUE]);
  if (bwrap === null) return null;
  return (argv, { writable, temporary }) => [
    ...[bwrap, ...walls, '--bind', realpathSync(temporary), TEMPORARY, '--setenv', 'TMPDIR', TEMPORARY],
    ...writable.map((folder) => realpathSync(folder)).flatMap((folder) => ['--bind', folder, folder]),
    ...argv,
  ];
}

const TEMPORARY = '/tmp';

/** It has no session of its own: the whole process group is ended at once. Nothing it leaves behind outlives it. */
const ALONE = ['--unshare-user-try', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'];

/** Sockets here start programs for whoever may talk to them: of containers, of the session. */
const SOCKETS = ['/run', '/var/run', '/var/lib/lxd', '/var/lib/incus', '/var/snap/lxd/common/lxd'];
/** Of `/run`: names of hosts, and where NixOS keeps programs and drivers. */
const NEEDED = ['/run/systemd/resolve', '/run/current-system', '/run/opengl-driver', '/run/wrappers'];
const ACCELERATORS = /^(?:nvidia.*|dri|kfd|dxg)$/;

function hiding(hidden: readonly string[]): string[] {
  return [
    ...[...ALONE, '--die-with-parent', '--cap-drop', 'ALL', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'],
    ...readdirSync('/dev').flatMap((name) =>
      ACCELERATORS.test(name) ? ['--dev-bind-try', join('/dev', name), join('/dev', name)] : [],
    ),
    ...outermost([TEMPORARY, ...SOCKETS, ...hidden]).flatMap((path) =>
      statSync(path).isDirectory() ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path],
    ),
    ...NEEDED.flatMap((path) => ['--ro-bind-try', path, path]),
  ];
}

/** Real paths of what is there, each once, none within another. */
function outermost(paths: readonly string[]): string[] {
  const real = [...new Set(paths.filter((path) => existsSync(path)).map((path) => realpathSync(path)))];
  return real.filter((path) => !real.some((other) => path.startsWith(other + sep)));
}
