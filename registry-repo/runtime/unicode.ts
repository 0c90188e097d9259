import { CLASS_RUNS } from './unicode-data.ts';

/** What a code point means for the word around it. */
export const SEPARATES = 0;
export const IN_WORD = 1;
/** A token of its own: punctuation, symbols, and every character of scripts that put no spaces between words. */
export const ALONE = 2;

const CODES: Readonly<Record<string, number>> = { s: SEPARATES, w: IN_WORD, c: ALONE };
const FIRST_ASTRAL = 0x10000;
/** Selectors that choose between pictures of the character before them: marks by class, but part of no word. */
const [FIRST_SELECTOR, LAST_SELECTOR] = [0xfe00, 0xfe0f];

/**
 * Lower-case forms for which the engine's differ: longer, dependent on the place in the word, or missing in older
 * engines.
 */
const OWN_LOWER: readonly (readonly [upper: number, lower: number])[] = [
  [0x130, 0x69], // İ → i
  [0x3c2, 0x3c3], // ς → σ, as Σ
  [0x1c89, 0x1c8a], // Unicode 16, and 17
  [0xa7cb, 0x264],
  [0xa7cc, 0xa7cd],
  [0xa7da, 0xa7db],
  [0xa7dc, 0x19b],
  [0xa7ce, 0xa7cf],
  [0xa7d2, 0xa7d3],
  [0xa7d4, 0xa7d5],
];

type Tables = {
  /** Class of every code unit. Surrogates stand alone here; pairs are looked up in `astral`. */
  readonly classes: Uint8Array;
  /** Code unit of the lower-case form, where that is one code unit; else the code unit itself. */
  readonly lower: Uint16Array;
  /** Runs beyond the basic plane: where each starts, and its class. */
  readonly astral: { readonly starts: Uint32Array; readonly classes: Uint8Array };
};

let made: Tables | undefined;

/**
 * The character tables, made at the first use (some ten milliseconds).
 *
 * Classes come from Pawl's own table, not from the engine's: a model must read a text alike on every version of Node.
 * Lower-case pairs never change once both characters exist (Unicode Character Encoding Stability Policies, case pairs).
 */
export function tables(): Tables {
  made ??= make();
  return made;
}

function make(): Tables {
  const classes = new Uint8Array(FIRST_ASTRAL);
  const lower = new Uint16Array(FIRST_ASTRAL);
  const [starts, kinds]: [number[], number[]] = [[], []];
  let at = 0;
  for (const [, kind = '', length = ''] of CLASS_RUNS.matchAll(/([swc])([0-9A-Z]*)/g)) {
    const end = at + (length === '' ? 1 : Number.parseInt(length, 36));
    const code = CODES[kind] as number;
    if (at < FIRST_ASTRAL) classes.fill(code, at, Math.min(end, FIRST_ASTRAL));
    if (end > FIRST_ASTRAL) {
      starts.push(Math.max(at, FIRST_ASTRAL));
      kinds.push(code);
    }
    at = end;
  }
  classes.fill(SEPARATES, FIRST_SELECTOR, LAST_SELECTOR + 1);
  for (let unit = 0; unit < FIRST_ASTRAL; unit++) lower[unit] = classes[unit] === IN_WORD ? lowered(unit) : unit;
  for (const [upper, own] of OWN_LOWER) lower[upper] = own;
  return { classes, lower, astral: { starts: Uint32Array.from(starts), classes: Uint8Array.from(kinds) } };
}

function lowered(unit: number): number {
  const form = String.fromCharCode(unit).toLowerCase();
  return form.length === 1 ? form.charCodeAt(0) : unit;
}

/** Class of a code point from U+10000 on. */
export function astralClass({ astral: { starts, classes } }: Tables, codePoint: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= codePoint) low = middle;
    else high = middle - 1;
  }
  return classes[low] as number;
}
