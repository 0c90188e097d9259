/** What long work reports to whoever waits for it. `of` may grow; the same stage name updates the same bar. */
export type Progress = {
  update(stage: string, done: number, of: number): void;
  /** Ends the current bar; the next update starts another. */
  finish(): void;
};

/** Whom an operation tells what it does: a remark a line, and how far long work is. */
export type Listener = {
  say(line: string): void;
  readonly progress: Progress;
};

export const silentProgress: Progress = { update: () => {}, finish: () => {} };
