import { PawlError } from '../../../events/errors.ts';

/** There are too few held-out rows to blend two models by. */
export class TooFewRowsHeldOutError extends PawlError {
  readonly code = 'too_few_rows_held_out';

  constructor(rows: number, least: number) {
    super(
      `n-grams are weighed against the transformer on rows held out of training; there are ${rows}, and it takes ${least}, some of each label: raise training.config.validationShare, or set training.config.ngrams to false`,
    );
  }
}
