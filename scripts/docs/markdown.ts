/** A row of a table; bars inside cells are escaped. */
const row = (cells: readonly string[]): string => `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`;

/** A table of GitHub's Markdown. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

export const code = (text: string): string => `\`${text}\``;

/** With a capital letter, and nothing in it that Markdown would take for a tag. */
export const sentence = (text: string): string => (text[0] ?? '').toUpperCase() + text.slice(1).replaceAll('<', '\\<');

/** Outside of inline code, what Markdown would take for a tag is escaped. */
export const prose = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part, i) => (i % 2 === 1 ? part : part.replaceAll('<', '\\<')))
    .join('');

export const fence = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

/** Parts of a page, an empty line between them; empty parts are left out. */
export const page = (...parts: readonly string[]): string => `${parts.filter(Boolean).join('\n\n')}\n`;
