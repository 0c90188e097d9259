import { parentPort } from 'node:worker_threads';
import { loadRuntime } from '../../registry-repo/runtime/load.ts';
import { obey } from './worker-loop.ts';

if (!parentPort) throw new Error('this file is the entry of an inference worker thread, not a program');
obey(parentPort, loadRuntime);
