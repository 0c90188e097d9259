/** What long work reports to its caller. `of` may grow; the same stage name updates the same bar. */
export type Progress = {
  update(stage: string, done: number, of: number): void;
  /** Ends the current bar; the next update starts another. */
  finish(): void;
};

/** How an operation reports what it does: remarks of one line, and the progress of long work. */
export type Listener = {
  say(line: string): void;
  readonly progress: Progress;
};

export const silentProgress: Progress = { update: () => {}, finish: () => {} };
