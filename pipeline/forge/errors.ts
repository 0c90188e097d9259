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

/** Nothing was merged, because something differed from what the caller expected. */
export class MergeRefusedError extends PawlError {
  readonly code = 'merge_refused';
  readonly refusal: MergeRefusal;
  constructor(refusal: MergeRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.refusal = refusal;
  }
}

/**
 * The forge merged, but not what was judged: the commit on main has no verdict. Servers keep the model they have; a
 * person must repair main.
 */
export class MergeUnfaithfulError extends PawlError {
  readonly code = 'merge_unfaithful';
  /** The commit that is on main now. */
  readonly commit: string;
  constructor(commit: string, why: string, options?: ErrorOptions) {
    super(
      `main is at ${commit}, which is not what was judged: ${why}. Servers keep their model. Run \`pawl audit\`, go back with \`pawl rollback --reason "…"\`, and make the forge merge only branches that are up to date (\`pawl doctor\`)`,
      options,
    );
    this.commit = commit;
  }
}
