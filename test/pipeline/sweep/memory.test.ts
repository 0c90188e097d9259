import { spawn } from 'node:child_process';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { treesOf, usageOf } from '../../../pipeline/sweep/memory.proc.ts';
import { isTooMuch, mayStart } from '../../../pipeline/sweep/memory.ts';

const s = suite('memory of a sweep');

s('the first run is alone, later ones are taken to be as large as the largest', () => {
  const run = (now: number) => ({ now, peak: now });
  assert.ok(mayStart([], { parallel: 4, bytes: 1, known: null }));
  assert.not(mayStart([run(1)], { parallel: 4, bytes: 100, known: null }));
  assert.ok(mayStart([run(1)], { parallel: 4, bytes: 100, known: 50 }));
  assert.not(mayStart([run(1)], { parallel: 4, bytes: 100, known: 51 }));
  assert.not(mayStart([run(60)], { parallel: 4, bytes: 100, known: 50 }));
  assert.ok(mayStart([run(60)], { parallel: 2, bytes: null, known: null }));
  assert.not(mayStart([run(1), run(1)], { parallel: 2, bytes: null, known: null }));
});

s('runs that grow to no more than the largest so far stay within the bound', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.array(fc.float({ min: 0, max: 1, noNaN: true })),
      (known, shares) => {
        const bytes = 1000;
        const running: { now: number; peak: number }[] = [];
        for (const share of shares)
          if (mayStart(running, { parallel: 100, bytes, known })) running.push({ now: share * known, peak: known });
        assert.not(
          isTooMuch(
            running.map(({ peak }) => ({ now: peak, peak })),
            bytes,
          ),
        );
      },
    ),
  ),
);

s('a process is measured with what it has started', async () => {
  if (treesOf([process.pid]) === null) return console.log('SKIPPED this system does not tell what a process takes');
  const hold = (megabytes: number) => `const held = Buffer.alloc(${megabytes} * 2 ** 20, 1); console.log(held.length);`;
  const inner = `${hold(150)} setInterval(() => held, 1000);`;
  const outer = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: 'inherit' });`;
  const child = spawn(process.execPath, ['-e', outer], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const tree = treesOf([child.pid as number])?.get(child.pid as number) ?? [];
    assert.is(tree.length, 2);
    const { now, peak } = usageOf(tree);
    assert.ok(now > 150 * 2 ** 20 && peak >= now, `${now} ${peak}`);
  } finally {
    for (const pid of treesOf([child.pid as number])?.get(child.pid as number) ?? []) process.kill(pid, 'SIGKILL');
  }
});

s.run();
