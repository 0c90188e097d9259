import { workerData } from 'node:worker_threads';

// A thread of the scoring process that a running graph cannot block. It ends the process when nobody waits for it any
// more: its parent is gone (then it is handed to another), or long past its time.

const { parent, seconds } = workerData as { parent: number; seconds: number };
const end = () => process.kill(process.pid, 'SIGKILL');

setInterval(() => {
  if (process.ppid !== parent) end();
}, 250);
setTimeout(end, (seconds + 5) * 1000);
