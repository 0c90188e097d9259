import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../pipeline/lock.ts';

// Takes a lock five times and writes down when it came in and went out: node hold-lock.js LOCK LOG

const [lock = '', log = ''] = process.argv.slice(2);
for (let i = 0; i < 5; i++)
  await withLock(
    lock,
    async () => {
      appendFileSync(log, `in ${process.pid}\n`);
      await sleep(2);
      appendFileSync(log, `out ${process.pid}\n`);
    },
    { pollMs: 1 },
  );
