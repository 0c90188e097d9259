import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from './support/paths.ts';
import { memoryFolder } from './support/runner/memory-folder.ts';
import { atOnce, inOrder, LONGEST, longestOf } from './support/runner/order.ts';
import { runFile, type Ticks } from './support/runner/run-file.ts';
import { type Limits, type Sign, Watch } from './support/runner/watch.ts';

// The runner of these tests: what it kills, what it lets go on, and what it does not let pass.

const began = (what: string): Sign => ({ kind: 'began', what });
const ended = (what: string): Sign => ({ kind: 'ended', what });

const watching = suite('a watch over a test file');

watching('counts silence: a file that gives signs of life may take long', () => {
  const watch = new Watch({ silent: 3, whole: 1000 });
  for (let i = 0; i < 200; i++) {
    watch.told(i % 2 ? ended('a') : began('a'));
    assert.equal([watch.tick(), watch.tick()], [undefined, undefined]);
  }
  for (let i = 0; i < 200; i++) {
    watch.heard();
    assert.equal([watch.tick(), watch.tick()], [undefined, undefined], 'what it prints is one');
  }
  assert.is(watch.tick(), 'silent for 3 s after a');
});

watching('bounds the whole as well', () => {
  const watch = new Watch({ silent: 3, whole: 5 });
  const said = Array.from({ length: 5 }, () => {
    watch.told(began('a'));
    return watch.tick();
  });
  assert.equal(said.slice(0, 4), Array(4).fill(undefined));
  assert.is(said[4], 'still running after 5 s, in a');
});

watching('says where a file is', () => {
  const watch = new Watch({ silent: 1, whole: 1 });
  assert.is(watch.where, 'before its first test');
  watch.told(began('one'));
  watch.told(began('two'));
  watch.told(ended('one'));
  assert.equal([watch.where, watch.within], ['in two', true]);
  watch.told(ended('two'));
  assert.equal([watch.where, watch.within], ['after two', false]);
});

/** Runs a file of `support/runner/files`; the ticks come when the test wants them. */
function running(name: string, limits: Limits, onSign: (sign: Sign, tick: (times: number) => void) => void = () => {}) {
  let one = () => {};
  const ticks: Ticks = (tick) => {
    one = tick;
    return { stop: () => {} };
  };
  const tick = (times: number) => Array.from({ length: times }).forEach(() => void one());
  const path = new URL(`./support/runner/files/${name}.js`, import.meta.url).pathname;
  return runFile(decodeURI(path), { limits, ticks, onSign: (sign) => onSign(sign, tick) });
}

const limits = { silent: 5, whole: 1000 };
const counts = ({ passed, failed }: { passed: number; failed: number }) => ({ passed, failed });

const runner = suite('the runner of tests');

for (const [name, where] of [
  ['hangs', /"hanging: waits for ever beside (\d+)"/],
  ['spins', /"spinning: never gives its thread back"/],
] as const)
  runner(`a file that hangs is killed, and its test is named (${name})`, async () => {
    let left: string | undefined;
    const outcome = await running(name, limits, ({ kind, what }, tick) => {
      if (kind === 'ended' || !where.test(what)) return;
      left = where.exec(what)?.[1];
      tick(limits.silent);
    });
    if (left) process.kill(Number(left), 'SIGKILL');
    assert.equal(counts(outcome), { passed: 0, failed: 1 });
    assert.match(outcome.output, new RegExp(`killed: silent for 5 s in ${where.source}`));
  });

runner('a slow file that goes on is not killed', async () => {
  let ticked = 0;
  const outcome = await running('goes-on', limits, (_, tick) => {
    tick(limits.silent - 1);
    ticked += limits.silent - 1;
  });
  assert.equal(counts(outcome), { passed: 10, failed: 0 });
  assert.ok(ticked > 10 * limits.silent, 'it took far longer than it may be silent');
});

runner('one that goes on for ever is killed too', async () => {
  const outcome = await running('goes-on', { silent: 5, whole: 8 }, (_, tick) => tick(2));
  assert.is(outcome.failed, 1);
  assert.match(outcome.output, /killed: still running after 8 s, (?:in|after) "going: step/);
});

runner('one that ends within a test fails, and the test is named', async () => {
  const outcome = await running('gives-up', limits);
  assert.is(outcome.failed, 1);
  assert.match(outcome.output, 'it ended in "waiting: for what nobody will bring", which had not');
});

runner('zero tests fail, unless it is said why', async () => {
  assert.equal(counts(await running('empty', limits)), { passed: 0, failed: 1 });
  const skipped = await running('skipped', limits);
  assert.equal([counts(skipped), skipped.skipped], [{ passed: 0, failed: 0 }, ['SKIPPED nothing of this is here']]);
});

runner('hooks, contexts and failures are those of uvu', async () => {
  const outcome = await running('fails', limits);
  assert.equal(counts(outcome), { passed: 1, failed: 1 });
  assert.match(outcome.output, 'before, each, after each, each, after each');
  assert.match(outcome.output, '"is wrong"');
});

runner('a run that is ended says what each file was in', async () => {
  const end = new AbortController();
  const path = decodeURI(new URL('./support/runner/files/spins.js', import.meta.url).pathname);
  const outcome = await runFile(path, { limits, signal: end.signal, onSign: () => end.abort() });
  assert.is(outcome.failed, 1);
  assert.match(outcome.output, 'the whole run took too long; it was in "spinning: never gives its thread back"');
});

const order = suite('the order of test files');

order('the longest start first, the others by name, the same every time', () => {
  const longest = ['c.test', 'gone.test', 'b.test'];
  assert.equal(inOrder(['d.test', 'b.test', 'a.test', 'c.test'], longest), ['c.test', 'b.test', 'a.test', 'd.test']);
});

order('every file that is said to take long is there, once', () => {
  assert.equal(
    LONGEST.filter((file) => !existsSync(join(root, 'test', `${file}.ts`))),
    [],
  );
  assert.is(new Set(LONGEST).size, LONGEST.length);
});

order('one more than there are cores run at once, and never many', () => {
  assert.equal([1, 2, 4, 64].map(atOnce), [2, 3, 5, 8]);
});

order('a run says what took longest', () => {
  const files = [10, 30_000, 2000].map((ms) => ({ file: `of-${ms}.test`, ms }));
  assert.equal(longestOf(files, 2), ['    30.0 s  of-30000.test', '     2.0 s  of-2000.test']);
});

const memory = suite('a folder in memory');
const anyRoom = { files: 1, memory: 1 };

memory('is new, and programs run there', () => {
  const folder = memoryFolder('/dev/shm', anyRoom);
  if (folder === null) {
    console.log('SKIPPED a folder in memory: /dev/shm is none here, or no program may run there');
    return;
  }
  assert.equal(readdirSync(folder), []);
  rmSync(folder, { recursive: true });
});

memory('is not made on a disk, at a place that is not there, or without room for it', () => {
  assert.is(memoryFolder(root, anyRoom), null);
  assert.is(memoryFolder('/nowhere', anyRoom), null);
  assert.is(memoryFolder('/dev/shm', { files: Number.MAX_SAFE_INTEGER, memory: 1 }), null);
  assert.is(memoryFolder('/dev/shm', { files: 1, memory: 1000 }, 999), null);
});

watching.run();
runner.run();
order.run();
memory.run();
