import { parentPort } from 'node:worker_threads';
import { NgramHasher } from '../../../registry-repo/runtime/ngrams.ts';
import { vectorWork } from '../nbsvm-dv/thread-work.ts';
import { fitClass } from './fit-class.ts';
import type { Answers, Order, Reply } from './messages.ts';
import { Slots } from './slots.ts';
import { Tally } from './tally.ts';
import { TextChunk } from './text-chunk.ts';

// The program of a training thread: it does one order after the other, and answers each.

const port = parentPort;
if (!port) throw new Error('this file is the entry of a training thread, not a program');
const say = (reply: Reply, transfer: ArrayBuffer[] = []) => port.postMessage(reply, transfer);

let hasher: NgramHasher;
let slots: Slots;
const chunks: TextChunk[] = [];

const work: { [K in Order['do']]: (order: Extract<Order, { do: K }>) => Answers[K] } = {
  ...vectorWork,
  open(order) {
    hasher = new NgramHasher(order.zones);
    slots = new Slots(order.slots);
    return null;
  },
  hash({ firstRow, texts }) {
    chunks.push(new TextChunk(firstRow, texts, hasher, slots));
    return null;
  },
  select({ bits, keepAll, counts }) {
    const tally = new Tally(counts);
    for (const chunk of chunks) {
      chunk.select(slots, bits, keepAll);
      chunk.count(tally);
    }
    tally.flush();
    return chunks.map(({ firstRow, lengths }) => ({ firstRow, lengths }));
  },
  place({ columns, starts, columnOf }) {
    for (const chunk of chunks.splice(0)) chunk.place(columns, starts[chunk.firstRow] as number, columnOf);
    return null;
  },
  fit(task) {
    let since = performance.now();
    return fitClass(task, (epoch) => {
      const now = performance.now();
      say({ kind: 'epoch', label: task.label, durationMs: now - since, ...epoch });
      since = now;
    });
  },
};

port.on('message', (order: Order) => {
  try {
    say({ kind: 'done', answer: work[order.do](order as never) });
  } catch (error) {
    say({ kind: 'failed', message: (error as Error).stack ?? String(error) });
  }
});
