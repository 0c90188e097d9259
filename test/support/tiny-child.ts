import { obey } from '../../registry-repo/model-process/obey.ts';

// The program of a process for the models of `models.ts`, which run in ONNX Runtime.

obey(async () => (await import('./tiny-runtime.ts')).loadTiny);
