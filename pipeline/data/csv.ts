import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { DataError } from '../errors.ts';
import type { OptionsOf } from './options.ts';
import { FROM_FASTTEXT } from './other-format.ts';
import { filesOf, locationOf } from './place.ts';
import { shown } from './problems.ts';
import type { ReadContext, Source, SourceRow } from './source.ts';
import { LONGEST, readText } from './text-file.ts';

/** Comma- or tab-separated values as RFC 4180 has them: quoted fields may hold delimiters and line ends. */
export const csvSource = (options: OptionsOf<'csv'>): Source => ({
  kind: 'csv',
  location: locationOf(options),
  async *read(context) {
    for (const { file, split } of filesOf(options))
      for await (const row of readRows(file, options, context)) yield { ...row, split, file };
  },
});

type Columns = Pick<OptionsOf<'csv'>, 'header' | 'text' | 'label' | 'source' | 'delimiter' | 'quote'>;
type Parsed = { readonly fields: readonly string[]; readonly line: number };

async function* readRows(
  file: string,
  options: Columns,
  context: ReadContext,
): AsyncGenerator<Pick<SourceRow, 'text' | 'label' | 'origin' | 'line'>> {
  let [text, label, origin] = [-1, -1, -1];
  for await (const { fields, line } of readRecords(file, options, context)) {
    const first = text < 0;
    if (first)
      [text, label, origin] = options.header ? findColumns(fields, file, options) : numbered(fields, file, options);
    if (!first || !options.header) {
      const from = origin < 0 ? {} : { origin: fields[origin] as string };
      yield { text: fields[text] as string, label: fields[label] as string, ...from, line };
    }
  }
  if (text < 0 && options.header) throw broken(file, 1, 'no header: the first line must name the columns');
}

const broken = (file: string, line: number, message: string, cause?: unknown): DataError =>
  new DataError([{ file, line, message }], 1, { cause });

function findColumns(header: readonly string[], file: string, options: Columns): [number, number, number] {
  const names = header.map((name) => name.trim());
  const find = (what: 'text' | 'label' | 'source'): number => {
    const wanted = options[what];
    if (wanted === null) return -1;
    if (names.indexOf(wanted) !== names.lastIndexOf(wanted))
      throw broken(file, 1, `two columns are named ${shown(wanted)}: rename one`);
    if (names.includes(wanted)) return names.indexOf(wanted);
    const has = names.slice(0, 10).map(shown).join(', ');
    const one = names.length === 1 && /[;\t|,]/.exec(names[0] as string);
    const hint = one
      ? `set data.delimiter to ${shown(one[0])}`
      : `set data.${what} to the column that holds the ${what}, or data.header to false if this line is a row`;
    throw broken(file, 1, `no column ${shown(wanted)} (the header has ${has}): ${hint}`);
  };
  return [find('text'), find('label'), find('source')];
}

/** The columns of a file without a header. */
function numbered(row: readonly string[], file: string, options: Columns): [number, number, number] {
  const find = (what: 'text' | 'label' | 'source'): number => {
    const wanted = options[what];
    if (wanted === null) return -1;
    if (/^[1-9]\d{0,5}$/.test(wanted) && Number(wanted) <= row.length) return Number(wanted) - 1;
    const why = `no column ${shown(wanted)}: with data.header false, set data.${what} to the number of a column`;
    throw broken(
      file,
      1,
      `${why}, "1" to "${row.length}" (the first row has ${row.slice(0, 10).map(shown).join(', ')})`,
    );
  };
  return [find('text'), find('label'), find('source')];
}

export async function* readRecords(
  file: string,
  options: Pick<Columns, 'delimiter' | 'quote'>,
  context: ReadContext,
): AsyncGenerator<Parsed> {
  const { delimiter, skipped, isFastText, text } = await beginning(readText(file, context));
  if (isFastText) throw broken(file, 1, FROM_FASTTEXT);
  let [last, header] = [0, 0];
  const tabs = /\.(?:tsv|tab)(?:\.gz)?$/i.test(file);
  const parser = parse({
    delimiter: options.delimiter ?? delimiter ?? (tabs ? '\t' : ','),
    quote: options.quote === '' ? false : options.quote,
    escape: options.quote === '' ? false : options.quote,
    record_delimiter: '\n',
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: LONGEST,
    info: true,
    on_record: (parsed, info) => {
      last = info.lines;
      header ||= (parsed as unknown as { record: string[] }).record.length; // so it is with `info`, whatever the type says
      return parsed;
    },
    on_skip: (error) => {
      // After a wrong quote it is not known where the next record starts, so reading continues only after a wrong
      // number of fields.
      if (error?.code !== 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH') throw error;
      const fields = error.record as string[];
      last = Number(error.lines);
      const line = skipped + last - lineFeeds(fields);
      context.problem({ file, line, message: wrongLength(fields, header, options) });
      return undefined;
    },
  });
  pipeline(Readable.from(text), parser, () => {}); // the loop below throws its errors
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
      yield { fields: record, line: skipped + info.lines - lineFeeds(record) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw broken(
      file,
      skipped + lineOf(error, last),
      whyBroken(error) ?? 'not valid CSV: write it as RFC 4180 says',
      error,
    );
  }
}

/**
 * Excel's first line, such as `sep=;`, taken off the text: the delimiter it names, and how many lines it is.
 * Also whether the rows are fastText's.
 */
async function beginning(
  pieces: AsyncGenerator<Buffer>,
): Promise<{ delimiter: string | null; skipped: 0 | 1; isFastText: boolean; text: AsyncIterable<Buffer> }> {
  const { value = Buffer.alloc(0) } = (await pieces.next()) as { value?: Buffer };
  const start = value.subarray(0, 300).toString('latin1');
  const [line, delimiter = null] = /^"?sep=([\t -~])"?(?:\n|$)/i.exec(start) ?? [''];
  const isFastText = /^__label__[^\s,;|"]+ /.test(start);
  async function* text(): AsyncGenerator<Buffer> {
    if (value.length > line.length) yield value.subarray(line.length);
    yield* pieces;
  }
  return { delimiter, skipped: delimiter === null ? 0 : 1, isFastText, text: text() };
}

const lineFeeds = (fields: readonly string[]): number =>
  fields.reduce((n, field) => n + field.split('\n').length - 1, 0);

function wrongLength(fields: readonly string[], header: number, { quote }: Pick<Columns, 'quote'>): string {
  const got = fields.length;
  if (got === header + 1 && fields.at(-1) === '')
    return 'the line ends in a delimiter, and the header does not: end the header in one, too, or remove it from the lines';
  return `${got} field${got === 1 ? '' : 's'}, not as many as the header: put ${quote || '"'} around fields that hold a delimiter`;
}

/** An open quote swallows what follows, so the problem names the record in which it opens. */
const lineOf = (error: CsvError, last: number): number =>
  error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE' ? last + 1 : Number(error.lines);

const BLANK_OUTSIDE = 'a blank between a quote and the delimiter: remove the blanks around fields in quotes';

/** A quote that only blanks part from its delimiter is one around the field, as some programs write `a, "b"`. */
function whyBroken(error: CsvError): string | undefined {
  const { code, message } = error;
  const before = code === ('INVALID_OPENING_QUOTE' as CsvError['code']) && /value is "[ \\t]+"/.test(message);
  const after = code === 'CSV_INVALID_CLOSING_QUOTE' && /^Invalid Closing Quote: got "[ \t]"/.test(message);
  const literal = after ? `, double the quote if it belongs to the text` : '';
  return before || after ? `${BLANK_OUTSIDE}${literal}, ${LITERAL}` : WHY[code];
}

const LITERAL = 'or set data.quote to "" if quotes mean nothing in this file';
const WHY: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: `a quote opens in this record and never closes: close it, double it if it belongs to the text, ${LITERAL}`,
  CSV_MAX_RECORD_SIZE: `the record is longer than ${LONGEST / 2 ** 20} MiB, so a quote may have been left open: close it, ${LITERAL}`,
  CSV_INVALID_CLOSING_QUOTE: `a quote inside a quoted field: double it, ${LITERAL}`,
  INVALID_OPENING_QUOTE: `a quote inside a field without quotes: put the field in quotes and double it, ${LITERAL}`,
};
