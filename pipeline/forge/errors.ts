import { PawlError } from '../../events/errors.ts';
import type { MergeRefusal } from './forge.ts';

/** The forge cannot be reached, or refused. `reason` is stable: `unreachable`, `no_such_pull_request`, `refused`. */
export class ForgeError extends PawlError {
  readonly code = 'forge_failed';
  readonly reason: 'unreachable' | 'no_such_pull_request' | 'refused';
  constructor(reason: ForgeError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Nothing was merged, because something was not as the caller believed. */
export class MergeRefusedError extends PawlError {
  readonly code = 'merge_refused';
  readonly refusal: MergeRefusal;
  constructor(refusal: MergeRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.refusal = refusal;
  }
}
