import { PawlError } from '../../../events/errors.ts';

/** A pretrained model that cannot be used; nothing was written. The message names every file, tensor or setting that is in the way. */
export class WeightsError extends PawlError {
  readonly code = 'weights_invalid';
}
