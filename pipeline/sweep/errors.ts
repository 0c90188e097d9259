import { PawlError } from '../../events/errors.ts';

/** A sweep that cannot be run as it is written; nothing was started. */
export class SweepError extends PawlError {
  readonly code = 'sweep_invalid';
}
