import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isAlive, LockHeldError, withLock } from '../../pipeline/lock.ts';
import { startOf } from '../../registry-repo/process-start.ts';
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

lock('is taken over from a process whose number another one has now', async () => {
  const parent = { host: hostname(), pid: process.ppid };
  const held = (start: string) => {
    const path = join(temporaryFolder(), 'watch.lock');
    mkdirSync(path);
    writeFileSync(join(path, 'holder.json'), JSON.stringify({ ...parent, start }));
    return path;
  };
  const start = startOf(process.ppid);
  await rejects(
    withLock(held(start), async () => 'in', { pollMs: 2, signal: soon() }),
    Error,
  );
  if (start === '0') return; // only Linux says when a process began
  assert.is(await withLock(held(`${Number(start) + 1}`), async () => 'in', { pollMs: 2, waitMs: 5000 }), 'in');
});

lock('that nobody can be read from is waited for while it may be in the making, and then taken over', async () => {
  const long = new Date(Date.now() - 60_000);
  for (const make of [
    (path: string) => writeFileSync(path, ''),
    (path: string) => mkdirSync(path),
    (path: string) => {
      mkdirSync(path);
      writeFileSync(join(path, 'holder.json'), '');
    },
  ]) {
    const path = join(temporaryFolder(), 'watch.lock');
    make(path);
    utimesSync(path, long, long);
    assert.is(await withLock(path, async () => 'in', { pollMs: 2, waitMs: 5000 }), 'in');
  }
  const fresh = join(temporaryFolder(), 'watch.lock');
  writeFileSync(fresh, '');
  await rejects(
    withLock(fresh, async () => 'in', { pollMs: 2, signal: soon() }),
    Error,
  );
});

lock('says once for whom it waits, and gives up after a while', async () => {
  const path = join(temporaryFolder(), 'watch.lock');
  writeFileSync(path, JSON.stringify({ host: 'another-machine', pid: 7 }));
  const lines: string[] = [];
  const wait = { pollMs: 2, tellMs: 0, waitMs: 30, say: (line: string) => lines.push(line) };
  const error = await rejects(
    withLock(path, async () => 'in', wait),
    LockHeldError,
  );
  assert.is(lines.length, 1);
  for (const text of [lines[0] as string, error.message])
    assert.match(text, /process 7 on another-machine holds watch\.lock since \d{4}-/);
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
