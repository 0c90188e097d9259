import type { Row } from '../../registry-repo/rows.ts';
import { normalise } from './normalise.ts';
import { Problems, shown } from './problems.ts';
import type { ReadContext, Source, SourceRow } from './source.ts';

/** Options of a load. Without a signal it cannot be stopped; without `progress` it reports nothing; without `fetch` it uses Node's. */
export type LoadContext = Pick<ReadContext, 'folder' | 'cacheFolder'> &
  Partial<Pick<ReadContext, 'progress' | 'signal' | 'fetch'>>;

export type Collected = { readonly row: Row; readonly split: SourceRow['split']; readonly origin: string | null };

/**
 * Reads a source to its end: texts are normalised, bad rows are left out and reported together.
 *
 * @param labels all labels there may be; null allows any
 * @throws {DataError} if anything was wrong with any row
 */
export async function collect(
  source: Source,
  labels: readonly string[] | null,
  context: LoadContext,
): Promise<Collected[]> {
  const problems = new Problems();
  const rows: Collected[] = [];
  const known = labels && new Map(labels.map((label) => [label.normalize('NFC'), label]));
  try {
    const { folder, cacheFolder, progress = () => {}, signal = new AbortController().signal } = context;
    const { fetch = globalThis.fetch } = context;
    for await (const from of source.read({ folder, cacheFolder, progress, signal, fetch, problem: problems.add })) {
      const text = normalise(from.text);
      const written = from.label.trim();
      const wrongLabel = labelProblem(written, known);
      const label = wrongLabel ? written : labelOf(written, known);
      const wrong = textProblem(text) ?? wrongLabel;
      if (wrong === null) rows.push({ row: { text, label }, split: from.split, origin: from.origin?.trim() ?? null });
      else problems.add({ file: from.file, line: from.line, message: wrong });
    }
  } catch (error) {
    problems.include(error);
  }
  problems.throwIfAny();
  return rows;
}

/** What is wrong with a normalised text; null if nothing is. */
export function textProblem(text: string): string | null {
  if (text.trim() === '') return 'the text is empty: fill it in or remove the row';
  if (!text.isWellFormed()) return 'the text has half a character (a lone surrogate): repair or remove it';
  return null;
}

/** One label however its accents are written: as the known label is, or else in Unicode's form NFC. */
const labelOf = (label: string, known: ReadonlyMap<string, string> | null): string =>
  known?.get(label.normalize('NFC')) ?? label.normalize('NFC');

const CONTROL = /\p{Cc}/u;

function labelProblem(label: string, known: ReadonlyMap<string, string> | null): string | null {
  if (label === '') return 'the label is empty: fill it in or remove the row';
  if (label.length > 200 || CONTROL.test(label) || !label.isWellFormed() || label === '__proto__')
    return `the label ${shown(label)} cannot be one: use up to 200 plain characters (is it the text?)`;
  if (known?.has(label.normalize('NFC')) === false)
    return `unknown label ${shown(label)}: the labels are ${[...known.values()].slice(0, 10).map(shown).join(', ')} (data.labels)`;
  return null;
}
