import { join } from 'node:path';
import { digestOf } from '../../../registry-repo/digest.ts';
import type { Parameter } from '../../onnx/architecture.ts';
import { WeightsError } from '../transformer/errors.ts';
import { loadSafetensors } from '../transformer/safetensors.ts';
import { saveSafetensors } from '../transformer/safetensors-writer.ts';

const TENSOR = 'features';

const digestOfNumbers = (data: Float32Array): string =>
  digestOf(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

/**
 * Keeps features in a folder that may be deleted at any time. Files appear whole, and are read only if their digest is
 * right.
 */
export class FeatureCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns null if there are none, or if they are not what was written */
  async load(key: string, rows: number, width: number): Promise<Float32Array | null> {
    let found = null as Parameter | null;
    let digest: string | undefined;
    try {
      await loadSafetensors(this.#file(key), {
        choose: ({ metadata }) => {
          digest = metadata.digest;
          const take = (tensor: Parameter) => {
            found = tensor;
          };
          return new Map([[TENSOR, take]]);
        },
      });
    } catch (error) {
      if (error instanceof WeightsError) return null;
      throw error;
    }
    const { shape = [], data } = (found ?? {}) as Partial<Parameter>;
    return data && shape.join() === `${rows},${width}` && digestOfNumbers(data) === digest ? data : null;
  }

  async save(key: string, data: Float32Array, width: number): Promise<void> {
    const tensor = { shape: [data.length / width, width], data };
    await saveSafetensors(this.#file(key), new Map([[TENSOR, tensor]]), { digest: digestOfNumbers(data) });
  }

  #file(key: string): string {
    return join(this.#folder, `${key}.safetensors`);
  }
}
