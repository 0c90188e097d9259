import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { root } from './paths.ts';
import { PATIENCE_MS } from './until.ts';

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

const cli = join(root, 'dist/pipeline/cli.js');

/** The environment of a user who has set nothing. */
export const plainEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PAWL_')));

/** Every command has a secret, and a git that fails when it gets it (attack 78): git sees no secret in any command. */
const canary = (): NodeJS.ProcessEnv => ({
  TEST_CANARY_TOKEN: 'secret',
  PATH: [join(root, 'test/support/bin'), process.env.PATH].join(delimiter),
});

const started = new Set<ChildProcess>();

/** Ends processes that a test has left running; for a suite's `after`. */
export function stopAll(): void {
  for (const child of started) child.kill('SIGKILL');
}

/** Starts the real command line in a folder. */
export function start(cwd: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: { ...plainEnv(), ...canary(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  started.add(child);
  child.on('close', () => started.delete(child));
  return child;
}

/** Runs the real command line to its end. @param input what it reads from standard input */
export function pawl(
  cwd: string,
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string } = {},
): Promise<Ran> {
  const child = start(cwd, args, options.env);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => (stdout += chunk));
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  child.stdin?.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs it with `--json` and reads the answer; fails on any other exit code than expected. */
export const json = jsonBy(pawl);

/** The same for another function that runs a command line. */
export function jsonBy(run: (cwd: string, args: readonly string[]) => Promise<Ran>) {
  return async <T = Record<string, unknown>>(cwd: string, args: readonly string[], expected = 0): Promise<T> => {
    const ran = await run(cwd, [...args, '--json']);
    if (ran.code !== expected)
      throw new Error(`pawl ${args.join(' ')} exited with ${ran.code}:\n${ran.stderr}${ran.stdout}`);
    return JSON.parse(ran.stdout) as T;
  };
}

/** Waits until a started command has printed something. */
export function printed(child: ChildProcess, pattern: RegExp, ms = PATIENCE_MS): Promise<RegExpExecArray> {
  let seen = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${pattern} in ${ms} ms, but: ${seen}`)), ms);
    const look = (chunk: Buffer) => {
      seen += chunk;
      const found = pattern.exec(seen);
      if (!found) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.on('close', (code) => reject(new Error(`ended with ${code} before ${pattern}: ${seen}`)));
  });
}

export const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) =>
    child.exitCode !== null ? resolve(child.exitCode) : child.on('close', (code) => resolve(code)),
  );
