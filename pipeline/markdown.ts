// Text for forges, where every string may be untrusted: it cannot start markup, a link, or a mention.

/** What forges look for in rendered text, where a backslash is gone: mentions, `#1`, `GH-1`, addresses. */
const LIVE = /@|#(?=\d)|GH\\-(?=\d)|:(?=\/\/)/gi;

const SPECIAL = /[\\`*_{}[\]()#+\-.!|~^$:]/g;

/** Plain text that stays plain wherever it is put: one line, no markup, no HTML, no mention. */
export const plain = (text: string, max = 300): string =>
  shorten(text.replace(/[\s\p{C}]+/gu, ' ').trim(), max)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(SPECIAL, '\\$&')
    .replace(LIVE, '$&\u200b');

/** Text in a code span that it cannot end. */
export function code(text: string, max = 300): string {
  const line = shorten(text.replace(/[\s\p{C}]+/gu, ' ').trim(), max).replace(/\|/g, '¦');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map((m) => m[0].length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return line === '' ? '–' : `${fence}${pad}${line}${pad}${fence}`;
}

/** A fenced block that its content cannot end. */
export function block(content: string, language = ''): string {
  const text = content.replace(/[^\P{C}\n\t]/gu, ''); // first: there may be nothing between two backticks
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((m) => m[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/**
 * A table of cells that are Markdown already; the first row is the header. Columns after the first are right-aligned.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [head, rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export const details = (summary: string, content: string): string =>
  `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;

const shorten = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`;
