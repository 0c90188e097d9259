// As in a process of its own: before any library.
import '../../registry-repo/runtime/no-telemetry.ts';

import { Readable, Writable } from 'node:stream';
import { program } from '../../pipeline/program.ts';
import { jsonBy, plainEnv, type Ran } from './cli.ts';

/**
 * Runs the command line in this process, with the same answer as the real one in `cli.ts`, but without the second that
 * a process takes. For what a command says and does; exit by signals, closed pipes and memory need real processes.
 *
 * @param options `env` may only name settings and GitHub Actions' variables: deeper code, such as git, sees this
 *   process's own
 */
export async function pawl(
  cwd: string,
  args: readonly string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
): Promise<Ran> {
  const others = Object.keys(env).filter((name) => !/^(?:PAWL_(?!TEST_)|GITHUB_)/.test(name));
  if (others.length > 0) throw new Error(`${others.join(', ')} would not reach what reads it: run a real process`);
  const [stdout, stderr] = [new Kept(), new Kept()];
  const around = { env: { ...plainEnv(), ...env }, stdin: Readable.from([input]), onStop: () => () => {} };
  const code = await program({ args, folder: cwd, stdout, stderr, ...around });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** Runs it with `--json` and reads the answer; fails on any other exit code than expected. */
export const json = jsonBy(pawl);

/** Keeps what was written. */
class Kept extends Writable {
  text = '';

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}
