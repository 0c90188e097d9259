import type { Part } from './part.ts';

/** What a check of `pawl doctor` found: in words that all is well, or what is wrong and how to repair it. */
export type Answer = string | { readonly state: 'warning' | 'problem'; readonly what: string; readonly fix: string };

/** An answer that something should be looked at, and how to repair it. */
export const warning = (what: string, fix: string): Answer => ({ state: 'warning', what, fix });
/** An answer that something does not work, and how to repair it. */
export const problem = (what: string, fix: string): Answer => ({ state: 'problem', what, fix });

/** How to restore what a server lost. */
export const AGAIN = 'run `pawl registry init` with a token that may administer the repository';

/** Names the parts of a repository that are set otherwise than they should be; null if there are none. */
export function differing(parts: readonly Part[]): Answer | null {
  const wrong = parts.filter((p) => p.state === 'differs');
  if (wrong.length === 0) return null;
  const routes = wrong.flatMap((p) => p.calls.map((c) => c.route)).join(', ');
  return problem(named(wrong), `${AGAIN}, or send ${routes || 'what the message says'}`);
}

/** What this token may not see, and who may; empty if it sees everything. */
export function unseen(parts: readonly Part[]): string {
  const names = parts.filter((p) => p.state === 'hidden').map((p) => p.name);
  return names.length === 0
    ? ''
    : `; not shown to this token: ${names.join(', ')} (whoever administers the repository looks with \`pawl doctor\`)`;
}

/** Every part with what is wrong or right about it. */
export const named = (parts: readonly Part[]): string => parts.map((p) => `${p.name}: ${p.what}`).join('; ');

/** The parts that this token may see. */
export const seen = (parts: readonly Part[]): readonly Part[] => parts.filter((p) => p.state !== 'hidden');
