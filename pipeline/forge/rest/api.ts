import type * as z from 'zod';

export type Params = Readonly<Record<string, unknown>>;

/**
 * GitHub's REST API, as far as we speak it. Routes are written `VERB /path/{parameter}`; every answer is checked against what
 * we read of it. Reading is repeated where that may help; changing is not, as only the caller can see whether it was done.
 *
 * @throws {ForgeError} from every method
 */
export type Api = {
  readonly url: string;
  get<T>(route: string, params: Params, answer: z.ZodType<T>): Promise<T>;
  /** Every page. @param within the field that holds the list, where the answer is more than a list */
  list<T>(route: string, params: Params, item: z.ZodType<T>, within?: string): Promise<T[]>;
  send<T>(route: string, params: Params, answer: z.ZodType<T>): Promise<T>;
};
