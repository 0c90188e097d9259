import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, printed, start, stopAll } from '../support/cli.ts';
import { json, pawl } from '../support/cli-here.ts';
import { temporaryFolder } from '../support/paths.ts';
import { sampleSettings, sampleTraining } from '../support/sample-settings.ts';
import { until } from '../support/until.ts';
import { workRepository } from '../support/work-repository.ts';

// Push to train, through the real command line: a commit becomes a run, a candidate, a verdict, and production.

type Listed = { id: string; status: string; trigger: { commit?: string }; failure: { code: string } | null };

/** A workspace with a registry, and a repository whose commits carry the settings to train with. */
async function watched() {
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), `${sampleSettings(1500)}watch:\n  everySeconds: 0.2\n`);
  assert.is((await pawl(home, ['registry', 'init'])).code, 0);
  const { folder, commit } = workRepository();
  const runOf = async (id: string) =>
    (await json<Listed[]>(home, ['runs', 'list'])).find((r) => r.trigger.commit === id && r.status !== 'running');
  return { home, folder, commit, runOf };
}

const push = suite('push to train');
push.after(stopAll);

push(
  'a commit is trained with its own settings, judged and merged; a broken one is recorded; then the next',
  async () => {
    const { home, folder, commit, runOf } = await watched();
    const good = commit({ 'pawl.yaml': sampleTraining(1500) });
    const watcher = start(home, ['watch', '--repo', folder]);
    await printed(watcher, /sentiment v1 is in production/);
    assert.is((await runOf(good))?.status, 'completed');
    const broken = commit({ 'pawl.yaml': 'training:\n  trainer: no-such\n' });
    await until(async () => (await runOf(broken)) !== undefined);
    assert.is((await runOf(broken))?.status, 'failed');
    const missing = commit({ 'pawl.yaml': 'data:\n  kind: csv\n  path: not-there.csv\n' });
    await until(async () => (await runOf(missing)) !== undefined);
    assert.is((await runOf(missing))?.status, 'failed');
    const better = commit({ 'pawl.yaml': sampleTraining(4000) });
    await printed(watcher, /sentiment v2 is in production/);
    assert.is((await runOf(better))?.status, 'completed');
    watcher.kill('SIGINT');
    assert.is(await ended(watcher), 0, 'being stopped is its good end');
  },
);

push('--once handles what is new and ends; its exit code says whether a run failed', async () => {
  const { home, folder, commit } = await watched();
  commit({ 'pawl.yaml': sampleTraining(1500) });
  const first = await pawl(home, ['watch', '--repo', folder, '--once']);
  assert.equal([first.code, /v1 is in production/.test(first.stdout)], [0, true], first.stdout + first.stderr);
  const again = await pawl(home, ['watch', '--repo', folder, '--once']);
  assert.equal([again.code, again.stdout], [0, '']);
  commit({ 'pawl.yaml': 'data:\n  kind: csv\n  path: not-there.csv\n' });
  assert.is((await pawl(home, ['watch', '--repo', folder, '--once'])).code, 1);
});

push.run();
