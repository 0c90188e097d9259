import { PORT } from './document-blocks.ts';

/** What differs from run to run in an output, by the mask that replaces it. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
  [/\/\S*\/\.pawl\//g, 'FOLDER/'],
  [/127\.0\.0\.1:\d+/g, 'ADDRESS'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{12,64}\b…?/g, 'DIGEST'],
  [/\b1[0-9a-z]{11}\b/g, 'ID'],
  [/\bcode (?:DIGEST|unknown)(?: with changes)?/g, 'code COMMIT'],
  [/\b\d+(?:\.\d+)? (?:ms|s)\b|"loadMs":\d+/g, 'DURATION'],
  [/\d[\d,]* (requests|answered|by [\w/]+|events|activations|refusals|artifacts)\b/g, 'COUNT $1'],
  [/\bbyte \d+\b/g, 'byte COUNT'],
];

/** A text with ids, digests, times and counts masked: equal for two runs of the same commands. */
export const masked = (text: string): string =>
  MASKS.reduce((masked, [pattern, name]) => masked.replace(pattern, name), text);

/** An output as if it came from the folder and the port of the pages' examples. */
export const asElsewhere = (output: string): string =>
  output.replace(/\/\S*\/pawl\/\.pawl\//g, '/tmp/pawl/.pawl/').replace(/127\.0\.0\.1:\d+/g, `127.0.0.1:${PORT}`);

/** The file with the whole output that pages show parts of, by the name in their markers. */
export const transcriptFile = (name: string): string => `docs/transcripts/${name.replaceAll(' ', '-')}.txt`;

/** A transcript with the words of a new output, and the first line that the output does not have in its place. */
export type Refreshed = { readonly transcript: string; readonly missing: string | null };

/**
 * Compares a transcript with an output of the same commands. Lines of the transcript must come in the output in their
 * order; the output may have others between them: a page shows only some, and some come on some machines only.
 */
export function refreshed(transcript: string, output: string): Refreshed {
  const lines = output.split('\n');
  const there = lines.map(masked);
  let next = 0;
  let missing: string | null = null;
  const now = transcript.split('\n').map((line) => {
    if (line.trim() === '' || missing !== null) return line;
    const at = there.indexOf(masked(line), next);
    if (at < 0) missing = line;
    else next = at + 1;
    return lines[at] ?? line;
  });
  return { transcript: now.join('\n'), missing };
}
