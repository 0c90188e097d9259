import type { Params } from '../../forge/rest/api.ts';

/** One request, as it would be sent. */
export type PlannedCall = { readonly route: string; readonly params: Params };

/** One thing about a registry's repository. */
export type Part = {
  readonly name: string;
  /** `missing`: this server has nothing of the kind, so nothing can be set. */
  readonly state: 'ok' | 'differs' | 'unsupported';
  /** What is wrong, or what is right. */
  readonly what: string;
  /** What would put it right, in order. */
  readonly calls: readonly PlannedCall[];
  /** What is lost, or falls to Pawl, without it. */
  readonly without: string;
};
