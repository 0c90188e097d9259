import { type MessagePort, parentPort } from 'node:worker_threads';
import { obey } from '../../server/inference/worker-loop.ts';
import { loadTiny } from './tiny-runtime.ts';

// The entry of an inference worker for the models of `models.ts`, which run in ONNX Runtime.

obey(parentPort as MessagePort, loadTiny);
