import type * as z from 'zod';

export type Params = Readonly<Record<string, unknown>>;

/**
 * The parts of GitHub's REST API that Pawl uses. Routes are written `VERB /path/{parameter}`; every answer is checked
 * against the schema of what is read. Reads are repeated where that may help. Changes are not, because only the caller
 * can see whether one was made.
 *
 * @throws {ForgeError} from every method
 */
export type Api = {
  readonly url: string;
  get<T>(route: string, params: Params, answer: z.ZodType<T>): Promise<T>;
  /** Reads every page. @param within the field that holds the list, if the answer is more than a list */
  list<T>(route: string, params: Params, item: z.ZodType<T>, within?: string): Promise<T[]>;
  send<T>(route: string, params: Params, answer: z.ZodType<T>): Promise<T>;
};
