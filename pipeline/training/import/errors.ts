import { PawlError } from '../../../events/errors.ts';

/** An external model cannot become a candidate; nothing was recorded. The message names everything that is wrong. */
export class ImportError extends PawlError {
  readonly code = 'import_refused';
}
