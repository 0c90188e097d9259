import type { Answer } from './answers.ts';
import type { OperationId } from './operations.ts';
import type { Actor, Repo } from './state.ts';
import type { World } from './world.ts';

/** One request, after it was parsed and allowed. */
export type Context = {
  readonly world: World;
  readonly actor: Actor;
  /** The repository of the path; routes without one must not use it. */
  readonly repo: Repo;
  /** The path of the request, without its query. */
  readonly url: string;
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
  const size = plain ? items.length || 1 : Math.min(100, Math.max(1, Number(context.query.per_page ?? 30)));
  const number = plain ? 1 : Math.max(1, Number(context.query.page ?? 1));
  const part = items.slice((number - 1) * size, number * size);
  const last = Math.max(1, Math.ceil(items.length / size));
  const to = (n: number, rel: string) =>
    `<${context.url}?${new URLSearchParams({ ...context.query, page: String(n) })}>; rel="${rel}"`;
  const links = [
    ...(number > 1 ? [to(number - 1, 'prev'), to(1, 'first')] : []),
    ...(number < last ? [to(number + 1, 'next'), to(last, 'last')] : []),
  ];
  return {
    status: 200,
    body: within === undefined ? part : { total_count: items.length, [within]: part },
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  };
}
