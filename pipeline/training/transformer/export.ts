import type { TrainedModel } from '../trainer.ts';
import type { Architecture, Parameters } from './architecture.ts';

type Classifier = {
  readonly architecture: Architecture;
  readonly parameters: Parameters;
  readonly tokenizer: Uint8Array;
  readonly padId: number;
};

export function exportTransformer(_: Classifier, __: readonly string[], ___: number): TrainedModel {
  throw new Error('no export yet');
}
