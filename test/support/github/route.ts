import type { Answer } from './answers.ts';
import type { OperationId } from './operations.ts';
import type { Actor, Repo } from './state.ts';
import type { World } from './world.ts';

/** One request, after it was understood and allowed. */
export type Context = {
  readonly world: World;
  readonly actor: Actor;
  /** The repository of the path; for the few routes without one it is not to be touched. */
  readonly repo: Repo;
  readonly values: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: validated against GitHub's own description before it comes here
  readonly body: any;
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

export type Route = (context: Context) => Promise<Answer> | Answer;
export type Routes = Partial<Record<OperationId, Route>>;

/** A page of a list, with GitHub's `Link`. */
export function page(context: Context, items: readonly unknown[], within?: string): Answer {
  const plain = context.world.options.partial?.plainLists === true;
  const size = plain ? items.length || 1 : Math.min(100, Number(context.query.per_page ?? 30));
  const number = plain ? 1 : Number(context.query.page ?? 1);
  const part = items.slice((number - 1) * size, number * size);
  const more = number * size < items.length;
  return {
    status: 200,
    body: within === undefined ? part : { total_count: items.length, [within]: part },
    headers: more ? { link: `<${context.world.url}/?page=${number + 1}>; rel="next"` } : {},
  };
}
