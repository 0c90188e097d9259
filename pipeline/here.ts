// Before any library.
import '../registry-repo/runtime/no-telemetry.ts';

import { writeSync } from 'node:fs';
import { EXIT } from './commands/command.ts';
import { program } from './program.ts';

// Runs the command line in this process, with its arguments, streams, signals and exit code.

// If a reader such as `head` closes the pipe, the program ends without a message. Help is printed before any command
// runs.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});
// Node's own exit code for an uncaught error is 1, which here means that the answer is no.
process.on('uncaughtException', (error) => {
  writeSync(2, `pawl: ${error instanceof Error ? error.stack : String(error)} [internal]\n`);
  process.exit(EXIT.failed);
});

/** What a stopped command has left open (a request without an answer) may take this long after its end; milliseconds. */
const LEFT_OPEN_MS = 500;
let stopping = false;

/** The second signal ends at once. */
function onStop(stop: () => void): () => void {
  let stopped = false;
  // The parent process sends `disconnect` when it wants this process to end, or has ended itself. The terminal's signal
  // may have come first.
  const onGone = () => {
    stopped = true;
    stopping = true;
    stop();
  };
  const onSignal = () => {
    if (stopped) process.exit(EXIT.stopped);
    onGone();
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, onSignal);
  process.on('disconnect', onGone);
  process.channel?.unref(); // a listener alone does not keep the process alive
  if (process.connected === false) onGone(); // it sent that before this process listened
  return () => {
    for (const name of names) process.off(name, onSignal);
    process.off('disconnect', onGone);
  };
}

const { env, stdout, stderr } = process;
process.exitCode = await program({
  ...{ args: process.argv.slice(2), env, folder: process.cwd(), stdout, stderr, onStop },
  get stdin() {
    return process.stdin; // Opened only when it is read: it would keep the process alive.
  },
});
if (stopping) setTimeout(() => process.exit(), LEFT_OPEN_MS).unref();
