import { PawlError } from '../../../events/errors.ts';

/** Two models cannot be weighed against each other on rows that are not there. */
export class TooFewRowsHeldOutError extends PawlError {
  readonly code = 'too_few_rows_held_out';

  constructor(rows: number, least: number) {
    super(
      `n-grams are weighed against the transformer on rows held out of training; there are ${rows}, and it takes ${least}, some of each label: raise training.config.validationShare, or set training.config.ngrams to false`,
    );
  }
}
