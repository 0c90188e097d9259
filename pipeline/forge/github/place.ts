import type { Api } from './api.ts';

/** A repository of a forge, and how to speak of it. */
export type Place = { readonly api: Api; readonly owner: string; readonly repo: string };

export const here = ({ owner, repo }: Place) => ({ owner, repo });
