import { type MessagePort, parentPort } from 'node:worker_threads';
import { obey } from '../../server/inference/worker-loop.ts';
import { loadFake } from './fake-runtime.ts';

// The entry of an inference worker whose model is a fake.

obey(parentPort as MessagePort, loadFake);
