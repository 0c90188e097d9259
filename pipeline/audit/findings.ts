/**
 * Something that is not as it should be. `error` breaks the proof of what was in production; a person should look at a
 * `warning`.
 */
export type Finding = {
  readonly severity: 'error' | 'warning';
  readonly check: string;
  readonly code: string;
  /** What it is about: an event, a commit, a digest, a model's version. */
  readonly subject: string;
  readonly message: string;
  /** The earliest moment at which it can have happened, RFC 3339; null if nothing tells. */
  readonly since: string | null;
};

/** What one check covered and found. */
export type CheckResult = { readonly check: string; readonly looked: string; readonly findings: readonly Finding[] };

/** Reports findings of one check; the check's name is filled in. */
export type Say = (
  severity: Finding['severity'],
  code: string,
  subject: string,
  message: string,
  since?: string | null,
) => Finding;

/** Makes the function with which a check reports its findings. */
export const sayFor =
  (check: string): Say =>
  (severity, code, subject, message, since = null) => ({ severity, check, code, subject, message, since });
