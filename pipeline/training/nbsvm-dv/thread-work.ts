import { FeatureIds } from '../../../registry-repo/runtime/feature-ids.ts';
import { NgramHasher } from '../../../registry-repo/runtime/ngrams.ts';
import { scoreHeld } from '../nbsvm/fit-class.ts';
import { sharedInts } from '../nbsvm/matrix.ts';
import { type FitMemory, fitVectors } from './fit-vectors.ts';
import { type Kernel, openKernel } from './kernel.ts';
import type { Ragged, VectorAnswers, VectorOrder } from './orders.ts';
import { Sketch } from './sketch.ts';
import { slotOf } from './slots.ts';

type Work = { [K in VectorOrder['do']]: (order: Extract<VectorOrder, { do: K }>) => VectorAnswers[K] };

let kernel: Kernel;
let hasher: NgramHasher;
let sketch: Sketch;
let scratch: Float32Array;
let fit: FitMemory;
let ids: FeatureIds | undefined;
const hashed: Ragged[] = [];

/** The work of one thread. Its state is the module's, because a thread does one training. */
export const vectorWork: Work = {
  'open-vectors'(order) {
    hasher = new NgramHasher([{ from: 0, to: 1, order: order.order }]);
    sketch = new Sketch(order.least, order.sketch);
    kernel = openKernel(order.memory);
    const own = Atomics.add(order.claims, 0, 1);
    scratch = order.scratch.subarray(own * order.dimensions, (own + 1) * order.dimensions);
    return null;
  },
  'hash-ngrams'({ first, texts }) {
    const found = texts.map((text) => {
      const count = hasher.read(text);
      return hasher.hashes.slice(0, count);
    });
    for (const hashes of found) for (const hash of hashes) sketch.add(hash);
    hashed.push(ragged(first, found));
    return null;
  },
  'select-ngrams'() {
    return hashed.splice(0).map(selected);
  },
  'learn-cell': ({ corpus, cell }) => kernel.learn(corpus, cell, scratch),
  'find-columns'({ first, texts, preprocessor, slots, columnOf, idOf }) {
    ids ??= new FeatureIds(preprocessor);
    const reader = ids;
    const columnWith = (id: number) => {
      const column = columnOf[slotOf(slots, id)] as number;
      return idOf[column] === id ? column : -1;
    };
    return ragged(
      first,
      texts.map((text) =>
        reader
          .of(text)
          .map(columnWith)
          .filter((column) => column >= 0),
      ),
    );
  },
  'open-fits'({ means, weights, threads, claims }) {
    const own = Atomics.add(claims, 0, 1);
    const part = (whole: Float32Array) => {
      const size = whole.length / threads;
      return whole.subarray(own * size, (own + 1) * size);
    };
    fit = { means: part(means), weights: part(weights) };
    return null;
  },
  'fit-vectors': (task) => fitVectors(kernel, fit, task),
  'score-held': ({ rows, held, part, ...task }) => scoreHeld(task, rows, held, part),
};

function ragged(first: number, parts: readonly Int32Array[]): Ragged {
  const values = sharedInts(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { first, lengths: Int32Array.from(parts, (part) => part.length), values };
}

/** Without the hashes that certainly occur too rarely. */
function selected({ first, lengths, values }: Ragged): Ragged {
  let [from, to] = [0, 0];
  const kept = lengths.map((length) => {
    const start = to;
    for (const end = from + length; from < end; from++) {
      const hash = values[from] as number;
      if (sketch.maybe(hash)) values[to++] = hash;
    }
    return to - start;
  });
  const copy = sharedInts(to);
  copy.set(values.subarray(0, to));
  return { first, lengths: kept, values: copy };
}
