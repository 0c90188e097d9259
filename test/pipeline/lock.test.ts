import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isAlive, withLock } from '../../pipeline/lock.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';

const lock = suite('lock');
const file = () => join(temporaryFolder(), 'deep/watch.lock');

/** Ends a wait that would never end. */
function soon(): AbortSignal {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 30);
  return stop.signal;
}

lock('lets one in at a time, and everyone in the end', async () => {
  const path = file();
  let [inside, most, done] = [0, 0, 0];
  await Promise.all(
    Array.from({ length: 5 }, () =>
      withLock(
        path,
        async () => {
          most = Math.max(most, ++inside);
          await sleep(10);
          inside--;
          done++;
        },
        { pollMs: 2 },
      ),
    ),
  );
  assert.equal([most, done], [1, 5]);
  assert.not.ok(existsSync(path));
});

lock('is given back when the work fails', async () => {
  const path = file();
  await rejects(
    withLock(path, () => Promise.reject(new Error('no'))),
    Error,
  );
  assert.is(await withLock(path, async () => 'in'), 'in');
});

lock('is taken over from a process that died', async () => {
  const path = join(temporaryFolder(), 'watch.lock');
  const child = spawn('true');
  await new Promise((resolve) => child.on('close', resolve));
  writeFileSync(path, JSON.stringify({ host: hostname(), pid: child.pid }));
  assert.is(await withLock(path, async () => 'in', { pollMs: 2 }), 'in');
});

lock('is one process’s, however many come for that of one that died', async () => {
  const path = file();
  const child = spawn('true');
  await new Promise((resolve) => child.on('close', resolve));
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'holder.json'), JSON.stringify({ host: hostname(), pid: child.pid }));
  const log = join(dirname(path), 'log');
  const entry = fileURLToPath(new URL('../support/hold-lock.js', import.meta.url));
  const ended = Array.from({ length: 6 }, () => once(spawn(process.execPath, [entry, path, log]), 'close'));
  assert.equal(await Promise.all(ended), Array(6).fill([0, null]));
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  assert.is(lines.length, 6 * 5 * 2);
  for (let i = 0; i < lines.length; i += 2) assert.equal(lines[i + 1], lines[i]?.replace('in', 'out'));
  assert.equal(readdirSync(dirname(path)), ['log'], 'nothing is left');
});

lock('leaves a draft that a crash left alone, and the lock of a live process', async () => {
  const path = file();
  mkdirSync(`${path}.draft`, { recursive: true }); // a process was killed before its lock was whole
  assert.is(await withLock(path, async () => 'in', { pollMs: 2 }), 'in');
  mkdirSync(path);
  writeFileSync(join(path, 'holder.json'), JSON.stringify({ host: 'another-machine', pid: 1 }));
  await rejects(
    withLock(path, async () => 'in', { pollMs: 2, signal: soon() }),
    Error,
  );
  assert.ok(existsSync(join(path, 'holder.json')));
});

lock('is taken over from a process that had the same number before this one', async () => {
  const path = join(temporaryFolder(), 'watch.lock');
  writeFileSync(path, JSON.stringify({ host: hostname(), pid: process.pid }));
  assert.is(await withLock(path, async () => 'in', { pollMs: 2 }), 'in', 'a restarted container');
  const me = { host: hostname(), pid: process.pid };
  assert.equal([isAlive(me), isAlive(me, new Date()), isAlive(me, new Date(0))], [true, true, false]);
});

lock('stops waiting when told to', async () => {
  const path = join(temporaryFolder(), 'watch.lock');
  writeFileSync(path, JSON.stringify({ host: hostname(), pid: process.ppid }));
  const error = await rejects(
    withLock(path, async () => 'in', { pollMs: 2, signal: soon() }),
    Error,
  );
  assert.is(error.name, 'AbortError');
});

lock.run();
