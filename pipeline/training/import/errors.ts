import { PawlError } from '../../../events/errors.ts';

/** A model from elsewhere that cannot become a candidate; nothing was recorded. The message names everything that is in the way. */
export class ImportError extends PawlError {
  readonly code = 'import_refused';
}
