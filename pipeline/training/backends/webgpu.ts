import type { Backend } from './backend.ts';
import { BackendError } from './errors.ts';

export async function openWebgpu(): Promise<Backend> {
  throw new BackendError('webgpu is not there yet');
}
