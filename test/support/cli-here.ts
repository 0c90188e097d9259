// As in a process of its own: before any library.
import '../../registry-repo/runtime/no-telemetry.ts';

import { Readable, Writable } from 'node:stream';
import { program } from '../../pipeline/program.ts';
import { jsonBy, plainEnv, type Ran } from './cli.ts';

/**
 * Runs the command line in this process, with the same answer as the real one in `cli.ts`, but without the second that
 * a process takes. For what a command says and does; exit by signals, closed pipes and memory need real processes.
 *
 * @param options `until` stops it as soon as it has said so; `env` may only name settings and GitHub Actions' variables: deeper
 *   code, such as git, sees this process's own
 */
export async function pawl(
  cwd: string,
  args: readonly string[],
  { env = {}, input = '', until }: { env?: Record<string, string>; input?: string; until?: RegExp } = {},
): Promise<Ran> {
  const others = Object.keys(env).filter((name) => !/^(?:PAWL_(?!TEST_)|GITHUB_)/.test(name));
  if (others.length > 0) throw new Error(`${others.join(', ')} would not reach what reads it: run a real process`);
  const stops = new Set<() => void>();
  const look = (text: string) => {
    if (until?.test(text)) for (const stop of stops) stop();
  };
  const [stdout, stderr] = [new Kept(look), new Kept(look)];
  const onStop = (stop: () => void) => {
    stops.add(stop);
    return () => stops.delete(stop);
  };
  const around = { env: { ...plainEnv(), ...env }, stdin: Readable.from([input]), onStop };
  const code = await program({ args, folder: cwd, stdout, stderr, ...around });
  return { code, stdout: stdout.text, stderr: stderr.text };
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
