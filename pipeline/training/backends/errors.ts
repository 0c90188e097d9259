import { PawlError } from '../../../events/errors.ts';

/** A training backend cannot be opened or installed. The message says what is missing and how to get it. */
export class BackendError extends PawlError {
  readonly code = 'backend_unavailable';
  /** Whether it was never installed, which is no fault. */
  readonly absent: boolean;
  constructor(message: string, { absent = false, ...options }: ErrorOptions & { readonly absent?: boolean } = {}) {
    super(message, options);
    this.absent = absent;
  }
}
