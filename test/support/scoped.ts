import type { Tf } from '../../pipeline/training/backends/backend.ts';

/** `tf.tidy` for work that waits: not every backend can be read at once. */
export async function scoped<T>(tf: Tf, work: () => Promise<T>): Promise<T> {
  tf.engine().startScope();
  try {
    return await work();
  } finally {
    tf.engine().endScope();
  }
}
