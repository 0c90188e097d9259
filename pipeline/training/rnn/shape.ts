import { Random } from '../../../registry-repo/random.ts';
import type { Parameter, Parameters } from '../../onnx/architecture.ts';
import type { RnnShape } from '../../onnx/lstm-graph.ts';

/**
 * Every parameter by its name, in one order. Of the 4H columns of a direction, H each belong to the input, output and
 * forget gates and the cell, as in ONNX.
 */
export function rnnShapes({ vocabulary, embedding, hidden, layers, directions, labels }: RnnShape) {
  const shapes = new Map<string, readonly number[]>([['embeddings/word', [vocabulary, embedding]]]);
  for (let i = 0; i < layers; i++) {
    shapes.set(`lstm/${i}/kernel`, [i === 0 ? embedding : directions * hidden, directions * 4 * hidden]);
    shapes.set(`lstm/${i}/recurrent`, [directions, hidden, 4 * hidden]);
    shapes.set(`lstm/${i}/bias`, [directions * 4 * hidden]);
  }
  shapes.set('head/output/kernel', [directions * hidden, labels]);
  shapes.set('head/output/bias', [labels]);
  return shapes;
}

/** Largest number in a new word's vector. */
const WORD = 0.1;

/**
 * The initial parameters: uniform (Glorot & Bengio 2010), biases 0 except the forget gates' 1 (Jozefowicz et al. 2015).
 * The same seed gives the same numbers.
 */
export function initialRnn(shape: RnnShape, seed: number): Parameters {
  return new Map([...rnnShapes(shape)].map(([name, dims]) => [name, initial(name, dims, shape, seed)]));
}

function initial(name: string, dims: readonly number[], { hidden }: RnnShape, seed: number): Parameter {
  const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
  if (name.startsWith('lstm/') && name.endsWith('/bias')) {
    for (let at = 2 * hidden; at < data.length; at += 4 * hidden) data.fill(1, at, at + hidden);
  } else if (!name.endsWith('/bias')) {
    const random = Random.named(`${name} ${seed}`);
    const [inward = 1, outward = 1] = name.startsWith('lstm/') ? [dims.at(-2), hidden] : dims;
    const most = name.startsWith('embeddings/') ? WORD : Math.sqrt(6 / (inward + outward));
    for (let i = 0; i < data.length; i++) data[i] = most * ((2 * random.bits()) / 2 ** 32 - 1);
  }
  return { shape: dims, data };
}
