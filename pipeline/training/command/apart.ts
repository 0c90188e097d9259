import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { TRUE, workingTool } from '../../../registry-repo/model-process/tools.ts';

/** What a program may write to, and where its temporary files really are; only existing folders. */
export type Room = { readonly writable: readonly string[]; readonly temporary: string };

/**
 * Turns a command line into one that runs isolated: the program sees this machine's files except those that are hidden,
 * and none of its processes.
 */
export type Apart = (argv: readonly string[], room: Room) => string[];

/**
 * How a program is kept from what it must not read; null if this machine cannot (no bubblewrap, or it may not be used).
 * The network stays: training may need it.
 *
 * @param hidden absolute paths of folders and files; of links, their targets. What does not exist needs no hiding
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

/**
 * It has no session of its own, so that the whole process group is ended at once. No process that it leaves behind
 * survives it.
 */
const ALONE = ['--unshare-user-try', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'];

/** Folders whose sockets start programs for every client: of containers, of the user's session. */
const SOCKETS = ['/run', '/var/run', '/var/lib/lxd', '/var/lib/incus', '/var/snap/lxd/common/lxd'];
/** Kept of `/run`: names of hosts, and where NixOS has programs and drivers. */
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

/** Real paths of what exists, each once, none within another. */
function outermost(paths: readonly string[]): string[] {
  const real = [...new Set(paths.filter((path) => existsSync(path)).map((path) => realpathSync(path)))];
  return real.filter((path) => !real.some((other) => path.startsWith(other + sep)));
}
