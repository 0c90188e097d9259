import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import type { ClassTask } from '../nbsvm/fit-class.ts';
import type { VectorModel, VectorTask } from './fit-vectors.ts';
import type { Cell, Corpus } from './kernel.ts';
import type { Slots } from './slots.ts';
import type { WasmMemory } from './webassembly.ts';

/** Orders for a thread, besides those of `nbsvm`. Arrays are shared, not copied. */
export type VectorOrder =
  /** @param claims [1]: how many threads have taken their part of `scratch`, of `dimensions` numbers each */
  | {
      readonly do: 'open-vectors';
      readonly order: number;
      readonly least: number;
      readonly sketch: SharedArrayBuffer;
      readonly memory: WasmMemory | null;
      readonly dimensions: number;
      readonly scratch: Float32Array;
      readonly claims: Int32Array;
    }
  | { readonly do: 'hash-ngrams'; readonly first: number; readonly texts: readonly string[] }
  | { readonly do: 'select-ngrams' }
  | { readonly do: 'learn-cell'; readonly corpus: Corpus; readonly cell: Cell }
  | {
      readonly do: 'find-columns';
      readonly first: number;
      readonly texts: readonly string[];
      readonly preprocessor: HashedNgrams;
      readonly slots: Slots;
      /** By slot, the column of its id with a vector, or -1. */
      readonly columnOf: Int32Array;
      /** By column. */
      readonly idOf: Int32Array;
    }
  /** Each thread gets its own part of `means` [threads, rows, dimensions] and `weights` [threads, columns]. */
  | {
      readonly do: 'open-fits';
      readonly means: Float32Array;
      readonly weights: Float32Array;
      readonly threads: number;
      readonly claims: Int32Array;
    }
  | ({ readonly do: 'fit-vectors' } & VectorTask)
  | ({
      readonly do: 'score-held';
      readonly rows: Int32Array;
      readonly held: Int32Array;
      readonly part: string;
    } & ClassTask);

/** The values of neighbouring texts: texts from `first` on, `lengths[i]` of the `values` each. */
export type Ragged = { readonly first: number; readonly lengths: Int32Array; readonly values: Int32Array };

export type VectorAnswers = {
  readonly 'open-vectors': null;
  readonly 'hash-ngrams': null;
  /** Hashes that may occur often enough. */
  readonly 'select-ngrams': readonly Ragged[];
  /** The sum of 1 - probability over the right answers. */
  readonly 'learn-cell': number;
  readonly 'find-columns': Ragged;
  readonly 'open-fits': null;
  readonly 'fit-vectors': { readonly model: VectorModel; readonly scores: Float64Array };
  readonly 'score-held': Float64Array;
};
