import { Socket } from 'node:net';
import type { Load, Runtime } from '../runtime/runtime.ts';
import { type Frame, FrameReader, frameHead } from './frames.ts';
import { ANSWERS, type Answer, type Order } from './messages.ts';
import { watched } from './watched.ts';

/** The parent is trusted. A gigabyte of texts would not have been accepted by it. */
const LIMITS = { text: 2 ** 32 - 1, bytes: 2 ** 47 };

/**
 * The whole life of a model's process: it loads one model, classifies, and ends when its parent closes the pipe or is
 * gone.
 *
 * @param start loads models; called with the first order, so that no native code is loaded before
 */
export function obey(start: () => Promise<Load>): void {
  watched(null);
  const orders = new Socket({ fd: 0, readable: true, writable: false });
  const answers = new Socket({ fd: ANSWERS, readable: false, writable: true });
  const say = (answer: Answer, bytes?: Uint8Array): void => {
    answers.cork(); // one message, one write, one waking of the parent
    answers.write(frameHead(answer, bytes?.byteLength ?? 0));
    if (bytes) answers.write(bytes);
    answers.uncork();
  };
  let runtime: Runtime | undefined;

  async function load({ manifest, files, threads }: Order & { order: 'load' }, bytes: Buffer): Promise<void> {
    const found = new Map<string, Uint8Array>();
    let at = 0;
    for (const { path, size } of files) {
      found.set(path, bytes.subarray(at, at + size));
      at += size;
    }
    const file = (path: string): Uint8Array => {
      const mine = found.get(path);
      if (!mine) throw new Error(`the manifest lists no ${path}, but the runtime needs it`);
      return mine;
    };
    const load = await start();
    runtime = await load({ manifest, file }, { threads });
    say({ answer: 'loaded' });
  }

  async function classify({ texts }: Order & { order: 'classify' }): Promise<void> {
    if (!runtime) throw new Error('no model is loaded');
    const { buffer, byteOffset, byteLength } = await runtime.classify(texts);
    say({ answer: 'classified' }, new Uint8Array(buffer, byteOffset, byteLength));
  }

  async function handle({ message, bytes }: Frame): Promise<void> {
    const order = message as Order;
    try {
      if (order.order === 'load') await load(order, bytes);
      else await classify(order);
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      const failed = { code: typeof code === 'string' ? code : 'internal', message: String(message).slice(0, 2000) };
      say({ answer: 'failed', ...failed });
      if (order.order === 'load') answers.end(() => process.exit(0));
    }
  }

  const reader = new FrameReader(LIMITS, (frame) => void handle(frame));
  orders.on('data', (chunk: Buffer) => reader.read(chunk));
  for (const event of ['end', 'error'] as const) orders.on(event, () => process.exit(0));
  answers.on('error', () => process.exit(0)); // the reader has gone
}
