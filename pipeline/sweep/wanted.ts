/** Where the runs of a sweep can run. */
export const SWEEP_EXECUTORS = ['local', 'github', 'kubernetes'] as const;

/** What other machines need to know of a sweep. */
export type Wanted = {
  readonly id: string;
  readonly points: number;
  readonly parallel: number;
  /** Settings that no file holds, as the variables that set them: name and text. */
  readonly variables: readonly (readonly [name: string, text: string])[];
};
