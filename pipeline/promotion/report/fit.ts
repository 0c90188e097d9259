/**
 * A part of a report. Parts of lower rank are put in first; rank 0 is always there, and its author must keep it small.
 */
export type Section = { readonly name: string; readonly rank: number; readonly text: string };

/** Room for the line that names what is left out. */
const NOTE_BYTES = 400;

/**
 * Puts sections together, in their order, in at most `limit` bytes of UTF-8 (which are never fewer than UTF-16 code
 * units). A section is included whole or not at all. The less important ones that do not fit are left out, and named.
 *
 * @param end the last line
 */
export function fitted(sections: readonly Section[], end: string, limit: number): string {
  const written = sections.filter((s) => s.text !== '');
  const kept = new Set<Section>();
  let left = limit - NOTE_BYTES - Buffer.byteLength(end);
  for (const section of written.toSorted((a, b) => a.rank - b.rank)) {
    const bytes = Buffer.byteLength(section.text) + 2;
    if (section.rank > 0 && bytes > left) continue;
    left -= bytes;
    kept.add(section);
  }
  const missing = written.filter((s) => !kept.has(s)).map((s) => s.name);
  const note = missing.length > 0 ? [`Left out, or this text would be too long: ${missing.join(', ')}.`] : [];
  return [...written.filter((s) => kept.has(s)).map((s) => s.text), ...note, end].join('\n\n');
}
