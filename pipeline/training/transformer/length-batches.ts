import { Random } from '../../../registry-repo/random.ts';
import type { Backend } from '../backends/backend.ts';
import type { Example } from './examples.ts';
import type { Batch } from './model.ts';

/** Batches are padded to a multiple of this many tokens, in training and in answering. */
export const BUCKET = 8;
/**
 * How many batches are sorted by length together: enough that there is little padding, few enough that every epoch
 * mixes differently.
 */
const POOL = 50;

/**
 * Every example once, in batches of about equal length, in an order that depends only on seed and epoch.
 *
 * @param size texts of a batch; the last may have fewer
 */
export function lengthBatches(examples: readonly Example[], size: number, seed: number, epoch: number): Example[][] {
  const random = Random.named(`batches ${seed} ${epoch}`);
  const order = Int32Array.from(examples.keys());
  random.shuffle(order);
  const shuffled = Array.from(order, (i) => examples[i] as Example);
  const batches: Example[][] = [];
  for (let from = 0; from < shuffled.length; from += size * POOL) {
    const pool = shuffled.slice(from, from + size * POOL).sort((a, b) => a.ids.length - b.ids.length);
    batches.push(...slices(pool, size));
  }
  const turns = Int32Array.from(batches.keys());
  random.shuffle(turns);
  return Array.from(turns, (i) => batches[i] as Example[]);
}

/** Neighbours together, the rest last. */
export function slices<T>(items: readonly T[], size: number): T[][] {
  const found: T[][] = [];
  for (let from = 0; from < items.length; from += size) found.push(items.slice(from, from + size));
  return found;
}

/** A batch on the backend, padded. The caller frees it. */
export function uploadBatch({ tf }: Pick<Backend, 'tf'>, examples: readonly Example[], padId: number) {
  const longest = examples.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  const length = Math.ceil(longest / BUCKET) * BUCKET;
  const [ids, mask] = [new Int32Array(examples.length * length).fill(padId), new Int32Array(examples.length * length)];
  examples.forEach((example, row) => {
    ids.set(example.ids, row * length);
    mask.fill(1, row * length, row * length + example.ids.length);
  });
  const shape: [number, number] = [examples.length, length];
  const batch: Batch = {
    ids: tf.tensor2d(ids, shape, 'int32'),
    mask: tf.tensor2d(mask, shape, 'int32'),
    lengths: examples.map((example) => example.ids.length),
  };
  const labels = tf.tensor1d(
    examples.map((e) => e.label),
    'int32',
  );
  const dispose = () => {
    for (const tensor of [batch.ids, batch.mask, labels]) tensor.dispose();
  };
  return { batch, labels, dispose };
}
