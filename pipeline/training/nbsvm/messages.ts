import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import type { VectorAnswers, VectorOrder } from '../nbsvm-dv/orders.ts';
import type { Epoch } from './dual-coordinate-descent.ts';
import type { ClassModel, ClassTask } from './fit-class.ts';

/** Orders for a thread. The next order is sent only after an answer. Buffers are shared, not copied. */
export type Order =
  | { readonly do: 'open'; readonly zones: HashedNgrams['zones']; readonly slots: SharedArrayBuffer }
  | { readonly do: 'hash'; readonly firstRow: number; readonly texts: readonly string[] }
  | { readonly do: 'select'; readonly bits: number; readonly keepAll: boolean; readonly counts: Int32Array }
  | { readonly do: 'place'; readonly columns: Int32Array; readonly starts: Int32Array; readonly columnOf: Int32Array }
  | ({ readonly do: 'fit' } & ClassTask)
  | VectorOrder;

/** The answers, by order. `hash` and `place`: nothing. `select`: features of each row it has. */
export type Answers = {
  readonly open: null;
  readonly hash: null;
  readonly select: readonly { readonly firstRow: number; readonly lengths: Int32Array }[];
  readonly place: null;
  readonly fit: ClassModel;
} & VectorAnswers;

export type Reply =
  | { readonly kind: 'done'; readonly answer: Answers[keyof Answers] }
  | { readonly kind: 'failed'; readonly message: string }
  | ({ readonly kind: 'epoch'; readonly label: number; readonly durationMs: number } & Epoch);
