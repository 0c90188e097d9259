import { Tokenizer } from '@huggingface/tokenizers';
import { normaliser, wordsOf } from './bert-text.ts';
import { type EncodedText, type Encoder, type GraphInputs, multiplesOf, type Padding } from './encoded-text.ts';
import type { HfTokenizer } from './hf-tokenizer.ts';
import { readTokenizerFile, type TokenizerFile } from './tokenizer-file.ts';

/**
 * The most tokens of one run: larger runs are no faster, and attention needs memory for the square of a text's length.
 */
const MAX_TOKENS = 4096;
/** How many characters of a long text are split at a time: usually enough for the tokens wanted. */
const CHARACTERS_PER_TOKEN = 8;

/** Also encodes two texts in one row, such as a question and its answer; types tell them apart. */
export type SubwordEncoder = Encoder & {
  /** @throws {RangeError} if two texts have no room */
  readonly encodePair: (text: string, other: string) => EncodedText;
};

/** Ids, mask and token types of a text, as the graph's inputs. @throws {RangeError} if tokenizer or inputs do not fit */
export function subwords(spec: HfTokenizer, inputs: GraphInputs, file: Uint8Array): SubwordEncoder {
  const { ids } = spec.inputs;
  const named = inputNames(spec);
  if (inputs.length !== named.length || inputs.some(({ name, shape }) => !named.includes(name) || shape.length !== 2))
    throw new RangeError(`the graph needs the inputs ${named.join(', ')}, each of shape [batch, length]`);
  const split = new Subwords(file, spec.maxLength);
  const [width, cells] = [multiplesOf(spec.bucket), Math.max(MAX_TOKENS, spec.maxLength)];
  const padding = (name: string): Padding => ({ filler: name === ids ? spec.padId : 0, width, cells });
  return {
    encode: (text) => inputsOf(spec, split.ids(text)),
    encodePair(text, other) {
      const pair = split.pair(text, other);
      return inputsOf(spec, pair.ids, pair.types);
    },
    inputs: Object.fromEntries(named.map((name) => [name, padding(name)])),
  };
}

/** The graph's inputs for a row of ids. @param of the type of each; 0 where none are given */
export function inputsOf(
  { inputs: { ids, mask, types } }: Pick<HfTokenizer, 'inputs'>,
  found: ArrayLike<number>,
  of: ArrayLike<number> = new Int32Array(found.length),
): EncodedText {
  return {
    [ids]: Int32Array.from(found),
    ...(mask === null ? {} : { [mask]: new Int32Array(found.length).fill(1) }),
    ...(types === null ? {} : { [types]: Int32Array.from(of) }),
  };
}

/** The graph's inputs that take subwords. */
export const inputNames = ({ inputs: { ids, mask, types } }: HfTokenizer): string[] =>
  [ids, mask, types].filter((name) => name !== null);

/** A text's ids with the special tokens around them, and whether the end of the text was cut off. */
export type Split = { readonly ids: readonly number[]; readonly cut: boolean };

/** Ids of a pair, and for each whether it belongs to the first text (0) or the second (1). */
export type SplitPair = { readonly ids: readonly number[]; readonly types: readonly number[] };

/** Turns texts into ids as a BERT tokenizer splits them, cut to a length that leaves room for the special tokens. */
export class Subwords {
  readonly #tokenizer: Tokenizer;
  readonly #single: Frame;
  readonly #pair: Frame;
  readonly #room: number;
  readonly #maxLength: number;
  /** Finds the next place where a text may be cut. */
  readonly #boundary: RegExp;

  /** @param file `tokenizer.json` @throws {RangeError} if it is not supported, or leaves no room for text */
  constructor(file: Uint8Array, maxLength: number) {
    const read = readTokenizerFile(file);
    this.#tokenizer = asInPython(new Tokenizer(read, {}), read);
    [this.#single, this.#pair] = framesOf(read);
    this.#maxLength = maxLength;
    this.#room = maxLength - specials(this.#single);
    this.#boundary = boundaryOf(read);
    if (this.#room < 1) throw new RangeError(`the tokenizer leaves no room for text in ${maxLength} tokens`);
  }

  /** The text's first ids, with special tokens around them. */
  ids(text: string): number[] {
    return framed(this.#single, [this.#first(text, this.#room)]).ids;
  }

  /** The same, and whether the text was cut. */
  split(text: string): Split {
    const found = this.#first(text, this.#room + 1);
    const cut = found.length > this.#room;
    return { ids: framed(this.#single, [cut ? found.slice(0, this.#room) : found]).ids, cut };
  }

  /**
   * Ids of two texts in one row; the longer text is cut first. Texts of more than 16 times the length count as equally
   * long here.
   *
   * @throws {RangeError} if two texts have no room
   */
  pair(text: string, other: string): SplitPair {
    const room = this.#maxLength - specials(this.#pair);
    if (room < 2) throw new RangeError(`the tokenizer leaves no room for two texts in ${this.#maxLength} tokens`);
    const [a, b] = [this.#first(text, 16 * room), this.#first(other, 16 * room)];
    const [forA, forB] = longestFirst(a.length, b.length, room);
    return framed(this.#pair, [a.slice(0, forA), b.slice(0, forB)]);
  }

  /**
   * The first ids of a text, up to a number. The text is split piece by piece, at places where the pieces give the same
   * ids as the whole, and only until there are enough ids.
   */
  #first(text: string, wanted: number): number[] {
    const found: number[] = [];
    for (let from = 0; from < text.length && found.length < wanted; ) {
      const to = this.#cutAfter(text, from + (wanted - found.length) * CHARACTERS_PER_TOKEN);
      const piece = from === 0 && to === text.length ? text : text.slice(from, to);
      for (const id of this.#tokenizer.encode(piece, { add_special_tokens: false }).ids) found.push(id);
      from = to;
    }
    return found.length > wanted ? found.slice(0, wanted) : found;
  }

  /** The first place from there on where the text may be cut, or its end. */
  #cutAfter(text: string, from: number): number {
    if (from >= text.length) return text.length;
    this.#boundary.lastIndex = from;
    return this.#boundary.test(text) ? this.#boundary.lastIndex : text.length;
  }
}

/** The tokenizer with the texts prepared as Hugging Face's package for Python does, and in linear time. */
function asInPython(tokenizer: Tokenizer, { normalizer }: TokenizerFile): Tokenizer {
  if (tokenizer.normalizer && normalizer) Object.assign(tokenizer.normalizer, { normalize: normaliser(normalizer) });
  if (tokenizer.pre_tokenizer) Object.assign(tokenizer.pre_tokenizer, { pre_tokenize_text: wordsOf });
  return tokenizer;
}

/** The special tokens before, between and after the texts, each with its type; the texts' own types. */
type Frame = { readonly specials: readonly (readonly Typed[])[]; readonly types: readonly number[] };
type Typed = { readonly id: number; readonly type: number };

const specials = (frame: Frame): number => frame.specials.reduce((sum, part) => sum + part.length, 0);

/** How the file frames one text, and two. @throws {RangeError} if a text is left out or is there twice */
function framesOf({ post_processor }: TokenizerFile): [Frame, Frame] {
  if (post_processor.type === 'BertProcessing') {
    const { cls, sep } = post_processor;
    const [start, end, last] = [
      { id: cls[1], type: 0 },
      { id: sep[1], type: 0 },
      { id: sep[1], type: 1 },
    ];
    return [
      { specials: [[start], [end]], types: [0] },
      { specials: [[start], [end], [last]], types: [0, 1] },
    ];
  }
  const { single, pair, special_tokens } = post_processor;
  const frameOf = (places: typeof single, texts: string): Frame => {
    const specials: Typed[][] = [[]];
    const types: number[] = [];
    let order = '';
    for (const place of places) {
      if ('Sequence' in place) {
        order += place.Sequence.id;
        types.push(place.Sequence.type_id);
        specials.push([]);
        continue;
      }
      const { id, type_id: type } = place.SpecialToken;
      if (!Object.hasOwn(special_tokens, id)) throw new RangeError(`the tokenizer’s template has no token ${id}`);
      for (const token of special_tokens[id]?.ids ?? []) specials.at(-1)?.push({ id: token, type });
    }
    if (order !== texts)
      throw new RangeError(`the tokenizer’s template has the texts ${order || 'not at all'}, not ${texts}`);
    return { specials, types };
  };
  return [frameOf(single, 'A'), frameOf(pair, 'AB')];
}

function framed(frame: Frame, texts: readonly (readonly number[])[]): { ids: number[]; types: number[] } {
  const [ids, types]: [number[], number[]] = [[], []];
  for (let i = 0; i < frame.specials.length; i++) {
    for (const { id, type } of frame.specials[i] ?? []) {
      ids.push(id);
      types.push(type);
    }
    for (const id of texts[i] ?? []) {
      ids.push(id);
      types.push(frame.types[i] as number);
    }
  }
  return { ids, types };
}

/** How much of two texts of these lengths fits, shared out as Hugging Face’s tokenizers do. */
function longestFirst(a: number, b: number, room: number): [number, number] {
  if (a + b <= room) return [a, b];
  const short = Math.min(a, b);
  const half = Math.floor(room / 2);
  const parts = short <= half ? [short, room - short] : [half, room - half];
  const [less, more] = parts as [number, number];
  return a > b ? [more, less] : [less, more];
}

/**
 * Places where a new word begins, whatever comes next: after white space, a Chinese character and some punctuation.
 * Left out are characters of special tokens.
 */
function boundaryOf({ added_tokens, normalizer }: TokenizerFile): RegExp {
  const special = added_tokens.map(({ content }) => content).join('');
  const signs = [',', ';', '!', '?', '(', ')', '，', '。', '！', '？', '、'].filter((sign) => !special.includes(sign));
  const han = normalizer?.handle_chinese_chars === true && !/\p{Script=Han}/u.test(special) ? '\\u4e00-\\u9fff' : '';
  return new RegExp(`[ \\t\\n\\r${signs.join('')}${han}]`, 'g');
}
