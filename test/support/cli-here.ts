// As in a process of its own: before any library.
import '../../registry-repo/runtime/no-telemetry.ts';

import { Readable, Writable } from 'node:stream';
import { program } from '../../pipeline/program.ts';
import { jsonBy, plainEnv, type Ran } from './cli.ts';

/**
 * Runs the command line in this process, with the same answer as the real one in `cli.ts`, but without the second that
 * a process takes. For what a command says and does; exit by signals, closed pipes and memory need real processes, and so
 * does what a process finds out only once, such as the version of git.
 *
 * @param options `until` stops it as soon as it has said so; `env` is added to the environment, which is this whole
 *   process's own until the command has ended, because deeper code and child processes see that one
 */
export async function pawl(
  cwd: string,
  args: readonly string[],
  { env = {}, input = '', until }: { env?: Record<string, string>; input?: string; until?: RegExp } = {},
): Promise<Ran> {
  const stops = new Set<() => void>();
  const look = (text: string) => {
    if (until?.test(text)) for (const stop of stops) stop();
  };
  const [stdout, stderr] = [new Kept(look), new Kept(look)];
  const onStop = (stop: () => void) => {
    stops.add(stop);
    return () => stops.delete(stop);
  };
  const restore = lend(Object.entries(env));
  try {
    const around = { env: { ...plainEnv(), ...env }, stdin: Readable.from([input]), onStop };
    const code = await program({ args, folder: cwd, stdout, stderr, ...around });
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    restore();
  }
}

let running = 0;
let lent = false;

/** Sets variables of this process. @returns puts back what was there */
function lend(variables: readonly (readonly [string, string])[]): () => void {
  // Another command beside it would see them too.
  if (lent || (running > 0 && variables.length > 0))
    throw new Error('commands beside each other share one environment: run them one after the other, or as processes');
  const before = variables.map(([name]) => [name, process.env[name]] as const);
  for (const [name, value] of variables) process.env[name] = value;
  lent = variables.length > 0;
  running++;
  return () => {
    running--;
    lent = false;
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
}

/** Runs it with `--json` and reads the answer; fails on any other exit code than expected. */
export const json = jsonBy(pawl);

/** Keeps what was written. */
class Kept extends Writable {
  text = '';
  readonly #look: (text: string) => void;

  constructor(look: (text: string) => void) {
    super();
    this.#look = look;
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk;
    this.#look(this.text);
    done();
  }
}
