import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, json, pawl, start, stopAll } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';

// Processes that die at any moment: the whole program, by SIGKILL, through the real command line. `promotion/kill.slow.ts`
// kills it at each step on purpose; here nobody knows where it was.

const flags = ['--dataset', 'sample'];
const env = { PAWL_DATA_KIND: 'sample', PAWL_DATA_TRAIN: '1500', PAWL_DATA_TEST: '400' };

/** Starts a command and kills it after so many milliseconds. @returns whether it was still running */
async function killed(folder: string, args: readonly string[], afterMs: number): Promise<boolean> {
  const child = start(folder, args, env);
  await Promise.race([ended(child), sleep(afterMs)]);
  const running = child.exitCode === null;
  child.kill('SIGKILL');
  await ended(child);
  return running;
}

const kill = suite('killed at any moment');
kill.after(stopAll);

kill('a promotion is merged once, whenever it was cut off and taken up again', async () => {
  const folder = temporaryFolder();
  assert.is((await pawl(folder, ['train', ...flags], { env })).code, 0);
  assert.is((await pawl(folder, ['registry', 'init', ...flags], { env })).code, 0);
  let cut = 0;
  for (let afterMs = 150; afterMs <= 1400; afterMs += 90) {
    if (await killed(folder, ['promote'], afterMs)) cut++;
  }
  assert.ok(cut >= 3, `only ${cut} were still running when they were killed`);
  assert.is((await pawl(folder, ['reconcile'], { env })).code, 0);
  assert.is((await pawl(folder, ['promote'], { env })).code, 0);
  const merges = (await json<{ subject?: string }[]>(folder, ['registry', 'log'])).length;
  assert.is(merges, 2, 'the first commit of the registry and one merge');
  assert.is((await pawl(folder, ['audit'], { env })).code, 0);
});

kill('a run that was cut off is recorded as interrupted, and the next one goes on', async () => {
  const folder = temporaryFolder();
  let cut = 0;
  for (const afterMs of [300, 450, 600, 800, 1000]) if (await killed(folder, ['train', ...flags], afterMs)) cut++;
  assert.ok(cut >= 2, `only ${cut} were still running when they were killed`);
  assert.is((await pawl(folder, ['reconcile'], { env })).code, 0);
  const statuses = (await json<{ status: string }[]>(folder, ['runs', 'list'])).map((run) => run.status);
  assert.ok(
    statuses.every((status) => status === 'interrupted' || status === 'completed'),
    statuses.join(),
  );
  assert.is((await pawl(folder, ['train', ...flags], { env })).code, 0);
  assert.is((await pawl(folder, ['audit'], { env })).code, 0);
});

kill.run();
