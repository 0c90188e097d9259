import { parentPort, workerData } from 'node:worker_threads';
import { Slots } from '../../pipeline/training/nbsvm/slots.ts';

// A thread that notes its hashes when all others are ready, too.

const { shared, gate, of, hashes }: { shared: SharedArrayBuffer; gate: Int32Array; of: number; hashes: Int32Array } =
  workerData;
const slots = new Slots(shared);
Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < of);
for (const hash of hashes) slots.note(hash);
parentPort?.postMessage('done');
