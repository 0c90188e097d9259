import type { Backend } from './backend.ts';
import { BackendError } from './errors.ts';

export async function openTensorflow(_: { threads: number }): Promise<Backend> {
  throw new BackendError('tensorflow is not there yet');
}
