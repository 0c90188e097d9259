import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TRUE, workingTool } from './tools.ts';

/**
 * Programs that are put in front of a program that runs a model: absolute paths, null where this machine has none that
 * works. `prlimit`: no core dumps, and a bound on memory between two checks (`RLIMIT_DATA`). `setpriv`: no privileges
 * can be gained, and the process dies with its parent. `bwrap`: no network, and no files but the system's libraries and
 * Pawl's own. `nice`: other programs go first.
 */
export type Isolation = {
  readonly prlimit: string | null;
  readonly setpriv: string | null;
  readonly bwrap: string | null;
  readonly nice: string | null;
};

export const NO_ISOLATION: Isolation = { prlimit: null, setpriv: null, bwrap: null, nice: null };

/** The programs that this machine has. Each is tried once, and counts only if a program really starts behind it. */
export function isolationHere(): Promise<Isolation> {
  known ??= find();
  return known;
}
let known: Promise<Isolation> | undefined;

/** The same without the sandbox: for a system whose libraries it would hide. */
export const withoutSandbox = async (): Promise<Isolation> => ({ ...(await isolationHere()), bwrap: null });

async function find(): Promise<Isolation> {
  if (process.platform !== 'linux') return { ...NO_ISOLATION, nice: await workingTool('nice', (nice) => [nice, TRUE]) };
  // Without this file the memory of a process inside a sandbox cannot be measured.
  const told = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);
  const [prlimit, setpriv, bwrap, nice] = await Promise.all([
    workingTool('prlimit', (tool) => [...limits(tool, 2 ** 40), TRUE]),
    workingTool('setpriv', (tool) => [...privileges(tool), TRUE]),
    told ? workingTool('bwrap', (tool) => [...sandbox(tool, []), process.execPath, '--version']) : null,
    workingTool('nice', (tool) => [tool, TRUE]),
  ]);
  return { prlimit, setpriv, bwrap, nice };
}

/** Describes the isolation to people. */
export function describeIsolation({ prlimit, setpriv, bwrap }: Isolation): string {
  if (bwrap) return `in a sandbox (bubblewrap)${prlimit ? ', memory limited by the system' : ''}`;
  const has = [prlimit && 'memory limited by the system', setpriv && 'no new privileges'].filter(Boolean);
  return has.length === 0 ? 'watched, but not isolated from files and network' : `${has.join(', ')}; no sandbox`;
}

/**
 * The whole command line for a program.
 *
 * @param argv the program and its arguments
 * @param bounds.megabytes of resident memory that it may take; it may reserve more, because not all of that is used
 * @param bounds.niceness above the parent's own
 * @param bounds.files folders that it reads
 */
export function isolated(
  argv: readonly string[],
  { prlimit, setpriv, bwrap, nice }: Isolation,
  bounds: { readonly megabytes: number; readonly niceness: number; readonly files: readonly string[] },
): string[] {
  return [
    ...(nice && bounds.niceness > 0 ? [nice, '-n', String(bounds.niceness)] : []),
    ...(bwrap ? sandbox(bwrap, bounds.files) : setpriv ? privileges(setpriv) : []), // the sandbox does the same
    ...(prlimit ? limits(prlimit, (2 * bounds.megabytes + SLACK_MEGABYTES) * 2 ** 20) : []),
    ...argv,
  ];
}

/** Node and ONNX Runtime reserve so much address space beyond what they use. */
const SLACK_MEGABYTES = 1024;

const privileges = (setpriv: string) => [setpriv, '--no-new-privs', '--pdeathsig', 'KILL'];
const limits = (prlimit: string, bytes: number) => [prlimit, '--core=0', `--data=${bytes}`];

/** Where systems keep programs and libraries. */
export const SYSTEM = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/opt',
  '/nix',
  '/gnu',
  '/sys',
  '/etc/ld.so.cache',
];

function sandbox(bwrap: string, files: readonly string[]): string[] {
  const shown = [...new Set([...SYSTEM, dirname(dirname(realpathSync(process.execPath))), ...ownFiles(), ...files])];
  return [
    ...[bwrap, '--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...shown.flatMap((path) => ['--ro-bind-try', path, path]),
  ];
}

/**
 * Compiled Pawl, and every `node_modules` where its dependencies may be. The folder around it is not among them,
 * because it may belong to a project.
 */
function ownFiles(): string[] {
  const compiled = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const files = [compiled, join(dirname(compiled), 'package.json')];
  for (let up = dirname(compiled); ; up = dirname(up)) {
    const modules = join(up, 'node_modules');
    if (existsSync(modules)) files.push(modules, realpathSync(modules));
    if (dirname(up) === up) return files;
  }
}
