// Before the library: it must not send usage data.
import '../../registry-repo/runtime/no-telemetry.ts';

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ModelRefusedError } from '../../registry-repo/errors.ts';
import type { Runtime, RuntimeSource } from '../../registry-repo/runtime/runtime.ts';
import { WORDS } from './models.ts';

/** A runtime whose graphs get twenty numbers for each text: how often each word of `WORDS` occurs in it. */
export async function loadTiny({ manifest, file }: RuntimeSource): Promise<Runtime> {
  const session = await InferenceSession.create(file('model.onnx'), { intraOpNumThreads: 1 });
  const { labels } = manifest;
  const output = manifest.contract.output.name;
  return {
    labels,
    async classify(texts) {
      const counts = texts.flatMap((text) => WORDS.map((word) => text.split(' ').filter((w) => w === word).length));
      const result = await session.run({ x: new Tensor('float32', counts, [texts.length, WORDS.length]) });
      const data = result[output]?.data;
      if (!(data instanceof Float32Array)) throw new ModelRefusedError('no floats came out');
      return data;
    },
    release: () => session.release(),
  };
}
