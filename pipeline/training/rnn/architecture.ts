/** A recurrent classifier: vectors of words, an LSTM over them, one vector of a text, a linear head. */
export type RnnArchitecture = {
  /** Number of words, special ones included. */
  readonly vocabulary: number;
  /** Of a word's vector (E). */
  readonly width: number;
  /** Of a direction's state (U). */
  readonly units: number;
  /** Whether a second LSTM reads the text from its end. */
  readonly bidirectional: boolean;
  /** How a text becomes one vector: the last state of each direction, or the mean or largest of all states. */
  readonly pooling: 'last' | 'mean' | 'max';
};

/** Width of a text's vector (S). */
export const stateWidth = ({ units, bidirectional }: RnnArchitecture): number => units * (bidirectional ? 2 : 1);

export const directionsOf = ({ bidirectional }: RnnArchitecture): readonly string[] =>
  bidirectional ? ['forward', 'backward'] : ['forward'];

/**
 * Every parameter of a recurrent classifier by its name, in one order for checkpoints, optimisers and exports. Kernels are [in, out].
 * The four gates are side by side in the order input, forget, cell, output, which is PyTorch's and Keras's; each direction has one
 * bias, the sum of the two that PyTorch keeps.
 *
 * @param labels K, the outputs
 */
export function rnnParameterShapes(a: RnnArchitecture, labels: number): ReadonlyMap<string, readonly number[]> {
  const { vocabulary, width, units } = a;
  return new Map<string, readonly number[]>([
    ['embeddings/word', [vocabulary, width]],
    ...directionsOf(a).flatMap((direction): [string, readonly number[]][] => [
      [`lstm/${direction}/kernel`, [width, 4 * units]],
      [`lstm/${direction}/recurrent`, [units, 4 * units]],
      [`lstm/${direction}/bias`, [4 * units]],
    ]),
    ['head/output/kernel', [stateWidth(a), labels]],
    ['head/output/bias', [labels]],
  ]);
}
