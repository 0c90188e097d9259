import type { Backend } from '../../pipeline/training/backends/backend.ts';
import { openCpu } from '../../pipeline/training/backends/cpu.ts';
import { openWasm } from '../../pipeline/training/backends/wasm.ts';

/** Every backend that this machine can test. */
export const backends: readonly { readonly name: string; open(): Promise<Backend> }[] = [
  { name: 'cpu', open: openCpu },
  { name: 'wasm', open: openWasm },
];
