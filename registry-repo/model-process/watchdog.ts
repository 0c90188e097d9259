import { workerData } from 'node:worker_threads';

// A thread of a model's process that a running graph cannot block. It ends the process when its parent is gone (the
// process then gets another parent) or when the limit for its whole life, if it has one, is long past.

const { parent, seconds } = workerData as { parent: number; seconds: number | null };
const end = () => process.kill(process.pid, 'SIGKILL');

setInterval(() => {
  if (process.ppid !== parent) end();
}, 250);
if (seconds !== null) setTimeout(end, (seconds + 5) * 1000);
