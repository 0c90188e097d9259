import { obey } from './obey.ts';

// The program of a process that runs one model.

obey(async () => (await import('../runtime/load.ts')).loadRuntime);
