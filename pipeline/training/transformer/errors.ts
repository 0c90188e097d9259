import { PawlError } from '../../../events/errors.ts';

/**
 * A pretrained model that cannot be used; nothing was written. The message names every file, tensor or setting that is
 * wrong.
 */
export class WeightsError extends PawlError {
  readonly code = 'weights_invalid';
}

/** A share of the training rows was to be held out, but no row by which the best epoch could be chosen was. */
export class NoValidationRowsError extends PawlError {
  readonly code = 'no_validation_rows';

  constructor(rows: number, share: number, labels: readonly string[]) {
    const found =
      labels.length === 0 ? 'none' : `only rows of ${labels.map((label) => JSON.stringify(label)).join(', ')}`;
    super(
      `validationShare ${share} of ${rows} training rows holds out ${found}, which is nothing to choose the best epoch by: give more rows, raise training.config.validationShare, or set it to 0 to keep the last epoch`,
    );
  }
}
