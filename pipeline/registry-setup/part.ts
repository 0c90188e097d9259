import type { Params } from '../forge/rest/api.ts';

/** One request, as it would be sent. */
export type PlannedCall = { readonly route: string; readonly params: Params };

/** One setting of a registry's repository. */
export type Part = {
  readonly name: string;
  /**
   * `unsupported`: this server, plan or visibility has no such setting, so it cannot be set. `hidden`: this token may
   * not see it, so it may be right or wrong.
   */
  readonly state: 'ok' | 'differs' | 'unsupported' | 'hidden';
  /** What is wrong, or what is right. */
  readonly what: string;
  /** The requests that would correct it, in order. */
  readonly calls: readonly PlannedCall[];
  /** What is lost, or left to Pawl, without it. */
  readonly without: string;
};
