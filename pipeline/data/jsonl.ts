import { DataError } from '../errors.ts';
import type { OptionsOf } from './options.ts';
import { filesOf, locationOf } from './place.ts';
import { shown } from './problems.ts';
import type { ReadContext, Source, SourceRow } from './source.ts';
import { LONGEST, readText } from './text-file.ts';

/** JSON Lines: one object a line, with a text and a label among its keys. Numbers and booleans count as labels too. */
export const jsonlSource = (options: OptionsOf<'jsonl'>): Source => ({
  kind: 'jsonl',
  location: locationOf(options),
  async *read(context) {
    for (const { file, split } of filesOf(options))
      for await (const { text, line } of readLines(file, context)) {
        const row = parseRow(text, options);
        if (typeof row === 'string') context.problem({ file, line, message: row });
        else yield { ...row, split, file, line };
      }
  },
});

type Line = { readonly text: string; readonly line: number };

/** Lines that are not empty. @throws {DataError} if one is too long */
export async function* readLines(file: string, context: ReadContext): AsyncGenerator<Line> {
  let open: Buffer[] = [];
  let waiting = 0;
  let line = 0;
  for await (const piece of readText(file, context)) {
    let start = 0;
    for (let feed = piece.indexOf(10); feed >= 0; feed = piece.indexOf(10, start)) {
      const end = piece.subarray(start, feed);
      const text = (open.length === 0 ? end : Buffer.concat([...open, end])).toString('utf8');
      [open, waiting, start] = [[], 0, feed + 1];
      line++;
      if (text.trim() !== '') yield { text, line };
    }
    open.push(piece.subarray(start));
    waiting += piece.length - start;
    if (waiting > LONGEST) throw new DataError([{ file, line: line + 1, message: NO_END }]);
  }
  const text = Buffer.concat(open).toString('utf8');
  if (text.trim() !== '') yield { text, line: line + 1 };
}

const NO_END = `the line is longer than ${LONGEST / 2 ** 20} MiB: write one object a line`;
const NOT_JSON = 'not a JSON object: write one object a line, such as {"text": "…", "label": "pos"}';
const ARRAY = 'a JSON array, not JSON Lines: write one object a line (jq -c ".[]" FILE)';

/** @returns the row, or what is wrong with the line */
function parseRow(
  line: string,
  keys: { text: string; label: string; source: string | null },
): Pick<SourceRow, 'text' | 'label' | 'origin'> | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return line.startsWith('[') ? ARRAY : NOT_JSON;
  }
  if (Array.isArray(value)) return ARRAY;
  if (typeof value !== 'object' || value === null) return NOT_JSON;
  const found = new Map<string, unknown>(Object.entries(value));
  for (const what of ['text', 'label'] as const)
    if (!found.has(keys[what])) {
      const has = [...found.keys()].slice(0, 10).map(shown).join(', ') || 'no keys';
      return `no key ${shown(keys[what])} (it has ${has}): set data.${what} to the key that holds the ${what}`;
    }
  const [text, label] = [found.get(keys.text), found.get(keys.label)];
  if (typeof text !== 'string') return `${shown(keys.text)} is not a string: a text must be one`;
  if (!isWord(label)) return `${shown(keys.label)} is not a string or number: a label must be one`;
  if (!isExact(label)) return `${shown(keys.label)} is ${label}, more than a number holds exactly: put it in quotes`;
  const origin = keys.source === null ? undefined : (found.get(keys.source) ?? '');
  if (origin === undefined) return { text, label: String(label) };
  if (!isWord(origin)) return `${shown(keys.source as string)} is not a string or number: a source must be one`;
  if (!isExact(origin))
    return `${shown(keys.source as string)} is ${origin}, more than a number holds exactly: put it in quotes`;
  return { text, label: String(label), origin: String(origin) };
}

/** Of whole numbers beyond 2⁵³, several are read as one. */
const isExact = (value: unknown): boolean => !Number.isInteger(value) || Number.isSafeInteger(value);

const isWord = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);
