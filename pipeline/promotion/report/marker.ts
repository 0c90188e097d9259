import * as z from 'zod';

const Marked = z.strictObject({ model: z.string(), candidate: z.string(), promotion: z.string() });

/**
 * The subject of a pull request, for a program that looks for its text. It is a hint: everyone can write it, so no
 * decision uses it.
 */
export type Marked = z.infer<typeof Marked>;

const MARKER = /^<!-- pawl:promotion v1 (\{[^\n]*\}) -->$/m;

/** One line that no forge shows. Whatever its strings are, it is one comment, in ASCII. */
export function printMarker({ model, candidate, promotion }: Marked): string {
  const text = JSON.stringify({ model, candidate, promotion }).replace(
    /[<>&@\u007f-\uffff]|-(?=-)/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `<!-- pawl:promotion v1 ${text} -->`;
}

/** The marker of a pull request's text, or null. */
export function findMarker(body: string): Marked | null {
  const found = MARKER.exec(body)?.[1];
  if (!found) return null;
  try {
    return Marked.parse(JSON.parse(found));
  } catch {
    return null;
  }
}
