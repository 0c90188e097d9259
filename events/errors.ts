/**
 * Root of every error thrown on purpose by `events`, `projections`, `pipeline` and `server`.
 * `code` is the contract (scripts and the HTTP layer branch on it); `message` is prose that says what to do next.
 */
export abstract class PawlError extends Error {
  abstract readonly code: string;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Another writer moved the stream past the revision this command had read: read again, decide again. */
export class StreamConflictError extends PawlError {
  readonly code = 'stream_conflict';
  readonly stream: string;
  readonly expected: number;
  readonly actual: number;
  constructor(stream: string, expected: number, actual: number) {
    super(
      `stream ${stream} is at revision ${actual}, this append expected ${expected}: read the stream again and retry the command`,
    );
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/**
 * A retry repeats only a part of an earlier batch, or repeats it in another place: the caller builds its ids wrongly.
 */
export class PartialRetryError extends PawlError {
  readonly code = 'partial_retry';
  constructor(stream: string, present: number, total: number) {
    super(
      `${present} of ${total} event ids are already stored, but not as the batch following the expected revision of ${stream}: retry a command with exactly its first batch`,
    );
  }
}

/** The append itself is malformed (empty, two streams, bad name); nothing was written. */
export class InvalidAppendError extends PawlError {
  readonly code = 'invalid_append';
}

/** Stored bytes that this version of Pawl cannot turn into an event. The bytes themselves are untouched. */
export class UnreadableEventError extends PawlError {
  readonly code = 'unreadable_event';
  readonly position: number;
  constructor(
    event: { position: number; stream: string; revision: number; type: string; version: number },
    why: string,
    options?: ErrorOptions,
  ) {
    super(
      `event ${event.position} (${event.stream}@${event.revision}, ${event.type} v${event.version}): ${why}`,
      options,
    );
    this.position = event.position;
  }
}

/** A new event does not match its catalogue schema; nothing was written. */
export class InvalidEventError extends PawlError {
  readonly code = 'invalid_event';
}

/** The store cannot be opened, read or written. */
export class StoreError extends PawlError {
  readonly code = 'store_unavailable';
}

/**
 * The branch that holds the log was changed in another way than by appends: rewound, merged or edited. Nothing of it
 * was copied.
 */
export class LogBranchError extends PawlError {
  readonly code = 'log_branch_broken';
}
