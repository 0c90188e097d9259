import type { Runtime, RuntimeSource } from './runtime.ts';
export const loadRuntime = (_: RuntimeSource): Promise<Runtime> => Promise.reject(new Error('stub'));
