import { writeSync } from 'node:fs';
import { type Context, type Test, suite as uvuSuite } from 'uvu';
import type { Sign } from './watch.ts';

// Replaces uvu in test files that the runner starts: the same suites, which report when each test and hook begins and
// ends. So the runner can tell a working file from one that hangs, and where it hangs.

/** The runner's address. */
export const SIGNS_FD = 3;

const say = (sign: Sign): void => void writeSync(SIGNS_FD, `${JSON.stringify(sign)}\n`);

type Handler = (context: never) => unknown;

const telling =
  (what: string, handler: Handler): Handler =>
  async (context) => {
    say({ kind: 'began', what });
    try {
      await handler(context);
    } finally {
      say({ kind: 'ended', what });
    }
  };

export function suite<T = Context>(title = '', context?: T): Test<T> {
  const inner = uvuSuite<T>(title, context as T) as unknown as Record<string, (...args: unknown[]) => void> &
    ((name: string, handler: Handler) => void);
  const named = (name: string) => `"${[title, name].filter(Boolean).join(': ')}"`;
  const hook = (target: unknown, name: string) => (handler: Handler) =>
    (target as (handler: Handler) => void)(telling(named(name), handler));
  const around = (name: 'before' | 'after') =>
    Object.assign(hook(inner[name], name), {
      each: hook((inner[name] as unknown as { each: unknown }).each, `${name} each`),
    });
  const outer = (name: string, handler: Handler) => inner(name, telling(named(name), handler));
  return Object.assign(outer, {
    only: (name: string, handler: Handler) => inner.only?.(name, telling(named(name), handler)),
    skip: inner.skip,
    before: around('before'),
    after: around('after'),
    run: inner.run,
  }) as unknown as Test<T>;
}

export const test = suite();
