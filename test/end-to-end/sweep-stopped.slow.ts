import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, json, pawl, start, stopAll } from '../support/cli.ts';
import { goldenFile } from '../support/golden.ts';
import { root, temporaryFolder } from '../support/paths.ts';
import { until } from '../support/until.ts';

// What becomes of a sweep that is killed, stopped, short of memory, or has points that fail. Its trainer is a program that
// waits, fails and takes memory as its settings say.

type RunRow = { status: string; sweep: { point: number } | null; failure: { code: string; message: string } | null };
type Swept = {
  skipped: number;
  results: { run: string | null }[];
  failed: { index: number; message: string }[];
  promoted: unknown;
};

const PROGRAM = join(root, 'dist/test/support/train-point.js');
const MODEL = dirname(goldenFile('tiny-distilbert', 'model.onnx'));

/** A folder with a sweep over `name`. @param settings of the program */
function home(names: readonly string[], settings: object, more: object = {}): string {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'pawl.yaml'),
    'model: tiny\ndata: { kind: sample, train: 200, test: 100 }\npolicy: { minimum: 0 }\n',
  );
  const config = { command: [process.execPath, PROGRAM, MODEL], settings };
  const sweep = { trainer: 'command', config, parameters: { 'settings.name': names }, ...more };
  writeFileSync(join(folder, 'sweep.yaml'), JSON.stringify(sweep));
  return folder;
}

const startedIn = (folder: string): string[] => {
  const file = join(folder, 'started.txt');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').sort() : [];
};

async function statuses(folder: string): Promise<string[]> {
  const all = await json<RunRow[]>(folder, ['runs', 'list', '--limit', '100']);
  return all.map(({ sweep, status }) => `${sweep?.point} ${status}`).sort();
}

const s = suite('a sweep that does not go through');
s.after(stopAll);

s('killed in the middle, it goes on where it was: nothing that is done is done again', async () => {
  const folder = home(['a', 'b', 'c', 'd'], { waits: { b: 'go', c: 'go' } }, { parallel: 2 });
  const first = start(folder, ['sweep', 'sweep.yaml']);
  await until(() => startedIn(folder).join('') === 'abc');
  first.kill('SIGKILL');
  await ended(first);
  // Its points notice that it is gone, and end.
  await until(async () => (await statuses(folder)).join() === '0 completed,1 interrupted,2 interrupted');
  writeFileSync(join(folder, 'go'), '');
  const second = await json<Swept>(folder, ['sweep', 'sweep.yaml']);
  assert.is(second.skipped, 1);
  assert.ok(second.results.every(({ run }) => run !== null));
  assert.is(startedIn(folder).join(''), 'abbccd');
  const wanted = ['0 completed', '1 completed', '1 interrupted', '2 completed', '2 interrupted', '3 completed'];
  assert.equal(await statuses(folder), wanted);
});

s('two at once share the points', async () => {
  const folder = home(['a', 'b', 'c'], {}, { parallel: 2 });
  const both = await Promise.all([1, 2].map(() => json<Swept>(folder, ['sweep', 'sweep.yaml'])));
  assert.equal(both[0]?.results, both[1]?.results);
  assert.is(startedIn(folder).join(''), 'abc');
});

s('stopped by its user, it records what was running, once, and says so', async () => {
  const folder = home(['a', 'b'], { waits: { a: 'go', b: 'go' } }, { parallel: 2 });
  const sweep = start(folder, ['sweep', 'sweep.yaml']);
  await until(() => startedIn(folder).join('') === 'ab');
  sweep.kill('SIGINT');
  assert.is(await ended(sweep), 130);
  assert.equal(await statuses(folder), ['0 interrupted', '1 interrupted']);
});

s('a point that fails is recorded, the others run, and the next call tries it again', async () => {
  const folder = home(['a', 'b', 'c'], { fails: { b: 'broken' } });
  writeFileSync(join(folder, 'broken'), '');
  const first = await json<Swept>(folder, ['sweep', 'sweep.yaml', '--promote-best'], 1);
  assert.equal(
    first.failed.map(({ index }) => index),
    [1],
  );
  assert.match(
    first.failed[0]?.message ?? '',
    /exit code 3; its last words:\nno luck with b \[trainer_command_failed\]/,
  );
  assert.is(first.promoted, null);
  assert.equal(await statuses(folder), ['0 completed', '1 failed', '2 completed']);
  const told = await pawl(folder, ['sweep', 'sweep.yaml', '--promote-best']);
  assert.match(told.stdout, /point 1 failed: .*no luck with b[\s\S]*nothing was promoted/);
  rmSync(join(folder, 'broken'));
  const second = await json<Swept>(folder, ['sweep', 'sweep.yaml']);
  assert.equal([second.skipped, second.failed], [2, []]);
  assert.is(startedIn(folder).join(''), 'abbbc');
});

if (!existsSync('/proc/self/status')) console.log('SKIPPED memory: this system does not tell what a process takes');
else
  s('a later run that is larger than the first cannot take more than there is', async () => {
    const settings = { megabytes: { b: 2000 } };
    const folder = home(['a', 'b', 'c'], settings, { parallel: 3, memoryMegabytes: 1200 });
    const swept = await json<Swept>(folder, ['sweep', 'sweep.yaml'], 1);
    assert.equal(
      swept.failed.map(({ index }) => index),
      [1],
    );
    assert.match(swept.failed[0]?.message ?? '', /took \d+ MB and was stopped, as memoryMegabytes is 1200: raise it/);
    assert.equal(
      swept.results.map(({ run }) => run !== null),
      [true, false, true],
    );
    assert.ok((await statuses(folder)).includes('1 interrupted'));
  });

s.run();
