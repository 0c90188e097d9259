import type { RnnShape } from '../../onnx/lstm-graph.ts';
import type { Backend, Tensor } from '../backends/backend.ts';
import type { Batch, Pass, Weights } from '../transformer/model.ts';
import { type Operations, operations } from '../transformer/operations.ts';
import { type Recurrence, recurrence } from './recurrence.ts';

/** Words' vectors, LSTMs over them, and a linear head on what represents a text. B texts, L tokens. */
export class RnnModel {
  readonly #shape: RnnShape;
  readonly #dropout: number;
  readonly #ops: Operations;
  readonly #steps: Recurrence;

  constructor(backend: Pick<Backend, 'tf' | 'slowTransposed'>, shape: RnnShape, dropout: number) {
    this.#shape = shape;
    this.#dropout = dropout;
    this.#ops = operations(backend);
    this.#steps = recurrence(backend);
  }

  /** @returns logits [B, K] */
  logits(weights: Weights, { ids, mask, lengths }: Batch, { dropout = () => null }: Pass = {}): Tensor {
    const { layers } = this.#shape;
    const { linear, drop } = this.#ops;
    const w = (name: string): Tensor => weights.get(name) as Tensor;
    let place = 0;
    const thinned = (x: Tensor) => drop(x, this.#dropout > 0 ? dropout(place++, this.#dropout, x.shape) : null);

    let x = thinned(this.#steps.lookUp(ids, w('embeddings/word'))); // [B, L, E]
    for (let i = 0; i < layers; i++) {
      const inputs = linear(x, w(`lstm/${i}/kernel`), w(`lstm/${i}/bias`)); // [B, L, D·4H]
      x = this.#steps.lstm(inputs, lengths, w(`lstm/${i}/recurrent`)); // [B, L, D·H]
    }
    const text = thinned(this.#summary(x, mask)); // [B, D·H]
    return linear(text, w('head/output/kernel'), w('head/output/bias')); // [B, K]
  }

  /** Cross-entropy over these texts, divided by a number of texts: these texts may be only a part of them. */
  loss(weights: Weights, batch: Batch, labels: Tensor, texts: number, pass: Pass = {}): Tensor {
    return this.#ops.crossEntropy(this.logits(weights, batch, pass), labels, texts);
  }

  #summary(x: Tensor, mask: Tensor): Tensor {
    const { summary, directions } = this.#shape;
    if (summary === 'last') return this.#steps.last(x, directions);
    return summary === 'mean' ? this.#steps.mean(x, mask) : this.#steps.max(x, mask);
  }
}
