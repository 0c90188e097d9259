const BREAK = /<br[ \t]*(?:\/[ \t]*)?>/gi;
const LINE_END = /\r\n?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNWANTED = /[\u0000-\u0008\u000b-\u001f\ufeff]/g;

/**
 * The form in which every text is counted, digested, trained on and measured: `<br />` and every line end become a line
 * feed; control characters other than tab and line feed, byte order marks and spaces at the end are removed.
 * Normalising twice gives the same as once.
 */
export function normalise(text: string): string {
  const clean = text.replace(LINE_END, '\n').replace(UNWANTED, '').replace(BREAK, '\n');
  return clean.trimEnd();
}
