import { PawlError } from '../events/errors.ts';
import { RegistryError } from '../registry-repo/errors.ts';
import { type Command, EXIT, type Invocation } from './commands/command.ts';
import { ConfigError } from './config/config-error.ts';
import { loadConfig } from './config/load.ts';
import { requireMemory } from './memory-limits.ts';
import { UsageError } from './operations/not-found.ts';
import { createOutput, type Output } from './output.ts';
import { type Progress, silentProgress } from './progress.ts';
import { keepState, mendState } from './state-folder.ts';
import type { Surroundings, Terminal } from './surroundings.ts';
import { SweepError } from './sweep/errors.ts';
import { Workspace } from './workspace.ts';

/** What the command line says, before any command was chosen. */
export type Call = Pick<Invocation<Workspace>, 'args' | 'flags'> & {
  readonly settings: readonly { path: string; text: string; flag: string }[];
  readonly config: string | undefined;
};

/** Errors of the user who wrote the command line or a file for it: trying again changes nothing. */
const USAGE = [ConfigError, UsageError, SweepError];

/** Runs one command and gives its exit code. Never throws. */
export async function run(command: Command<Workspace>, call: Call, around: Surroundings): Promise<number> {
  const { env, folder, stdin } = around;
  const out = createOutput(around, await progressOn(around.stderr), call.flags.json === true);
  const stop = stopping(around.onStop);
  let workspace: Workspace | undefined;
  try {
    if (command.memory !== undefined) requireMemory(command.memory);
    const { settings: flags, config: file } = call;
    const loaded = loadConfig({ file, flags, folder, env });
    if (loaded.ignored.length > 0)
      out.complain(
        `left out ${loaded.ignored.join(', ')}: Kubernetes sets them for a Service of that name, unless the pod says enableServiceLinks: false`,
      );
    mendState(loaded.root);
    workspace = new Workspace(loaded, out.progress, keepState);
    const code = await command.run({
      ...{ args: call.args, flags: call.flags, workspace, out, stdin },
      // Only a command that has something to finish asks for the signal.
      get signal() {
        return stop.asked();
      },
    });
    return stop.aborted() && code === EXIT.done && !command.untilStopped ? EXIT.stopped : code;
  } catch (error) {
    return explain(error, out, stop.aborted());
  } finally {
    stop.release();
    out.progress.finish();
    await workspace?.close();
  }
}

/** A progress bar, if a person sees it. */
async function progressOn(stream: Terminal): Promise<Progress> {
  if (!stream.isTTY) return silentProgress;
  const { barProgress } = await import('./progress-bar.ts');
  return barProgress(stream, () => performance.now());
}

type Stopping = {
  /** From now on the first signal asks to finish cleanly, and the second ends the process at once. */
  readonly asked: () => AbortSignal;
  readonly aborted: () => boolean;
  readonly release: () => void;
};

/**
 * Until a command asks for the signal, the system ends the process at the first one, whatever it computes. With a
 * listener, a signal would have no effect while something blocks the event loop.
 */
function stopping(onStop: Surroundings['onStop']): Stopping {
  const controller = new AbortController();
  let release: (() => void) | undefined;
  const asked = () => {
    release ??= onStop(() => controller.abort(new Error('stopped')));
    return controller.signal;
  };
  return { asked, aborted: () => controller.signal.aborted, release: () => release?.() };
}

function explain(error: unknown, out: Output, stopped: boolean): number {
  if (stopped) {
    out.complain('stopped');
    return EXIT.stopped;
  }
  const known = error instanceof PawlError || error instanceof RegistryError;
  const code = known ? error.code : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  out.complain(`${message} [${code}]`, { error: { code, message } });
  if (!known && error instanceof Error) out.complain(error.stack ?? '');
  return USAGE.some((kind) => error instanceof kind) ? EXIT.usage : EXIT.failed;
}
