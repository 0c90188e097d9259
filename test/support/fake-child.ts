import { obey } from '../../registry-repo/model-process/obey.ts';

// The program of a process whose model is a fake.

obey(async () => (await import('./fake-runtime.ts')).loadFake);
