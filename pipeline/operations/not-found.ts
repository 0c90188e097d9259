import { distance } from 'fastest-levenshtein';
import { PawlError } from '../../events/errors.ts';

/** No object has this id or name; the message suggests similar ones. */
export class NotFoundError extends PawlError {
  readonly code = 'not_found';
  constructor(kind: string, wanted: string, candidates: Iterable<string>, list: string) {
    const near = nearest(wanted, candidates);
    const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `see \`${list}\``;
    super(`no ${kind} ${wanted}: ${hint}`);
  }
}

/** Wrong words on the command line; the message says what to type instead. */
export class UsageError extends PawlError {
  readonly code = 'usage';
}

/** Up to three candidates that begin with what was typed, or differ from it by little. */
export function nearest(wanted: string, candidates: Iterable<string>): string[] {
  const scored = [...new Set(candidates)].map((candidate) => ({
    candidate,
    score: wanted !== '' && candidate.startsWith(wanted) ? 0 : distance(wanted, candidate),
  }));
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  const close = scored
    .filter((s) => s.score <= limit)
    .sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1));
  return close.slice(0, 3).map((s) => s.candidate);
}

/**
 * The one candidate that is, or begins with, what was typed.
 *
 * @throws {NotFoundError} if there is none @throws {UsageError} if there are several
 */
export function pick(kind: string, wanted: string, candidates: readonly string[], list: string): string {
  if (candidates.includes(wanted)) return wanted;
  const matches = wanted.length >= 4 ? candidates.filter((c) => c.startsWith(wanted)) : [];
  if (matches.length === 1) return matches[0] as string;
  if (matches.length > 1)
    throw new UsageError(`${kind} ${wanted} could be ${matches.slice(0, 5).join(', ')}: type more of it`);
  throw new NotFoundError(kind, wanted, candidates, list);
}
