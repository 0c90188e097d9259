import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Parameter, Parameters } from '../../onnx/architecture.ts';
import { WeightsError } from './errors.ts';
import { loadSafetensors } from './safetensors.ts';
import { saveSafetensors } from './safetensors-writer.ts';

const Measure = z.number();
const Count = z.int().min(0);

/** The position of a training. Epochs count from 1. */
const Position = z.strictObject({
  schema: z.literal('pawl.checkpoint/1'),
  /** The backend so far: another backend would round otherwise. */
  backend: z.string(),
  /** Steps of the optimiser, in all and in the current epoch. */
  steps: Count,
  epoch: Count,
  epochSteps: Count,
  /** Sums over the current epoch. */
  lossSum: Measure,
  texts: Count,
  epochMs: Measure,
  /** Null until an epoch was validated. */
  best: z.strictObject({ epoch: Count, f1: Measure }).nullable(),
  /** As they were reported. */
  epochs: z.array(z.strictObject({ epoch: Count, metrics: z.record(z.string(), Measure), durationMs: Measure })),
});
export type Position = z.infer<typeof Position>;

/** Where a training can be continued. */
export type Checkpoint = {
  readonly position: Position;
  readonly weights: Parameters;
  /** Of the parameters that are trained. */
  readonly mean: Parameters;
  readonly variance: Parameters;
};

const STATE = 'state.safetensors';
const bestFile = (epoch: number): string => `best-${epoch}.safetensors`;
const PARTS = ['weights', 'mean', 'variance'] as const;
const PLACE = 'position';

/**
 * Stores a training's position in a folder. Files appear whole, and the one that names the others is written last. So
 * whenever the process dies there is one whole checkpoint, or none.
 */
export class Checkpoints {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns null if there is none, or none that is whole and that this version and backend can continue */
  async load(backend: string): Promise<Checkpoint | null> {
    const parts = { weights: new Map(), mean: new Map(), variance: new Map() } as Record<
      (typeof PARTS)[number],
      Map<string, Parameter>
    >;
    let position = null as Position | null;
    try {
      await loadSafetensors(join(this.#folder, STATE), {
        choose: ({ metadata, tensors }) => {
          position = readPosition(metadata[PLACE], backend);
          return keeping(position ? tensors : [], (key, tensor) => {
            const part = PARTS.find((p) => key.startsWith(`${p}/`));
            if (part) parts[part].set(key.slice(part.length + 1), tensor);
          });
        },
      });
      if (position?.best) await this.loadBest(position.best.epoch); // the signal that ends the training must be there
    } catch (error) {
      if (error instanceof WeightsError) return null;
      throw error;
    }
    return position && { position, ...parts };
  }

  async save({ position, ...parts }: Checkpoint): Promise<void> {
    const tensors = PARTS.flatMap((part) => [...parts[part]].map(([name, p]) => [`${part}/${name}`, p] as const));
    await saveSafetensors(join(this.#folder, STATE), new Map(tensors), { [PLACE]: JSON.stringify(position) });
    await this.#removeOthers(position.best?.epoch ?? null);
  }

  /** Before the position that names it. */
  saveBest(epoch: number, weights: Parameters): Promise<void> {
    return saveSafetensors(join(this.#folder, bestFile(epoch)), weights);
  }

  /** @throws {WeightsError} if it is not there */
  async loadBest(epoch: number): Promise<Parameters> {
    const found = new Map<string, Parameter>();
    await loadSafetensors(join(this.#folder, bestFile(epoch)), {
      choose: ({ tensors }) => keeping(tensors, (name, tensor) => found.set(name, tensor)),
    });
    return found;
  }

  /** Removes the checkpoint, when nothing is left to continue. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Removes earlier best weights, and files that a process left half written when it died. */
  async #removeOthers(best: number | null): Promise<void> {
    const kept = [STATE, ...(best === null ? [] : [bestFile(best)])];
    const others = (await readdir(this.#folder)).filter((file) => !kept.includes(file));
    for (const file of others) await rm(join(this.#folder, file), { force: true });
  }
}

const keeping = (tensors: readonly { readonly name: string }[], keep: (name: string, tensor: Parameter) => void) =>
  new Map(tensors.map(({ name }) => [name, (tensor: Parameter) => keep(name, tensor)]));

function readPosition(text: string | undefined, backend: string): Position | null {
  const read = Position.safeParse(parse(text));
  return read.success && read.data.backend === backend ? read.data : null;
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}
