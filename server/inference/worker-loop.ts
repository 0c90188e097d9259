import type { MessagePort } from 'node:worker_threads';
import type { Runtime, RuntimeSource } from '../../registry-repo/runtime/runtime.ts';
import type { Answer, Order } from './messages.ts';

export type Load = (source: RuntimeSource, options: { threads: number }) => Promise<Runtime>;

/** The life of a worker: loads one model, classifies until told to stop, releases the model, ends. */
export function obey(port: MessagePort, load: Load): void {
  let runtime: Runtime | undefined;
  const say = (answer: Answer, transfer: ArrayBuffer[] = []) => port.postMessage(answer, transfer);

  const orders = {
    async load({ manifest, files, threads }: Order & { order: 'load' }) {
      const file = (path: string): Uint8Array => {
        const bytes = files.get(path);
        if (!bytes) throw new Error(`the manifest lists no ${path}, but the runtime needs it`);
        return bytes;
      };
      runtime = await load({ manifest, file }, { threads });
      say({ answer: 'loaded' });
    },
    async classify({ texts }: Order & { order: 'classify' }) {
      if (!runtime) throw new Error('no model is loaded');
      const probabilities = new Float32Array(await runtime.classify(texts));
      say({ answer: 'classified', probabilities }, [probabilities.buffer]);
    },
    async stop() {
      await runtime?.release();
      say({ answer: 'stopped' });
      port.close();
    },
  };

  const handle = async (order: Order): Promise<void> => {
    try {
      await orders[order.order](order as never);
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      say({ answer: 'failed', code: typeof code === 'string' ? code : 'internal', message: String(message) });
      if (order.order !== 'classify') port.close();
    }
  };
  port.on('message', (order: Order) => void handle(order));
}
