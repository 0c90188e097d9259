import type { Backend } from './backend.ts';

export type Probe = {
  readonly version: string;
  readonly gpu: boolean;
  /** 10⁹ multiplications and additions a second, of square matrices of float32. */
  readonly gflops: number;
};

const ENOUGH_MS = 400;
const SIZES = [256, 1024];
/** Below this speed, larger matrices would only take longer. */
const FAST = 5;

/** Checks a product and its derivative by hand, and measures. @throws {Error} if a backend computes wrongly */
export async function probe(backend: Backend): Promise<Probe> {
  await checkProduct(backend);
  const [small = 0, large = 0] = SIZES;
  const first = await speed(backend, small);
  return {
    version: backend.version,
    gpu: 'gpu' in backend && backend.gpu === true,
    gflops: first < FAST ? first : await speed(backend, large),
  };
}

async function checkProduct({ tf }: Backend): Promise<void> {
  const [product, slopes] = tf.tidy(() => {
    const [a, b] = [tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2])];
    const square = tf.customGrad((x, save) => {
      (save as (tensors: unknown[]) => void)([x]);
      return { value: tf.sum(tf.square(x as typeof a)), gradFunc: (dy, [x]) => tf.mul(dy, tf.mul(x as typeof a, 2)) };
    });
    return [tf.matMul(a, b), tf.grad((x) => square(x))(a)] as const;
  });
  same('a product', await product.data(), [19, 22, 43, 50]);
  same('a derivative', await slopes.data(), [2, 4, 6, 8]);
  for (const tensor of [product, slopes]) tensor.dispose();
}

function same(what: string, found: ArrayLike<number>, expected: readonly number[]): void {
  if (expected.some((value, i) => !(Math.abs((found[i] as number) - value) < 1e-4)))
    throw new Error(`it computes ${what} wrongly: ${Array.from(found).join(', ')} instead of ${expected.join(', ')}`);
}

async function speed({ tf }: Backend, size: number): Promise<number> {
  const [a, b] = [tf.fill([size, size], 0.5), tf.fill([size, size], 0.25)];
  const once = async () => {
    const corner = tf.tidy(() => tf.slice(tf.matMul(a, b), [0, 0], [1, 1]));
    await corner.data();
    corner.dispose();
  };
  await once();
  const started = performance.now();
  let times = 0;
  for (; performance.now() - started < ENOUGH_MS; times++) await once();
  const seconds = (performance.now() - started) / 1000;
  for (const tensor of [a, b]) tensor.dispose();
  return (2 * size ** 3 * times) / (seconds * 1e9);
}
