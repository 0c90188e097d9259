import { Tokenizer } from '@huggingface/tokenizers';
import type { EncodedText, Encoder, GraphInputs } from './encoded-text.ts';
import type { HfTokenizer } from './hf-tokenizer.ts';
import { readTokenizerFile } from './tokenizer-file.ts';

/** Tokens of one run: larger ones are no faster, and attention needs memory for the square of a text's length. */
const MAX_TOKENS = 4096;
/** Characters that are split at a time, when a text is long: as many as the tokens wanted may come from, mostly. */
const CHARACTERS_PER_TOKEN = 8;

/** Ids, mask and token types of a text, as the graph's inputs. @throws {RangeError} if tokenizer or inputs do not fit */
export function subwords(spec: HfTokenizer, inputs: GraphInputs, file: Uint8Array): Encoder {
  const { ids, mask, types } = spec.inputs;
  const named = [ids, mask, types].filter((name) => name !== null);
  if (inputs.length !== named.length || inputs.some(({ name, shape }) => !named.includes(name) || shape.length !== 2))
    throw new RangeError(`the graph needs the inputs ${named.join(', ')}, each of shape [batch, length]`);
  const split = new Subwords(file, spec.maxLength);
  const encode = (text: string): EncodedText => {
    const found = Int32Array.from(split.ids(text));
    return {
      [ids]: found,
      ...(mask === null ? {} : { [mask]: new Int32Array(found.length).fill(1) }),
      ...(types === null ? {} : { [types]: new Int32Array(found.length) }),
    };
  };
  const padding = Object.fromEntries(named.map((name) => [name, name === ids ? spec.padId : 0]));
  return { encode, padding, bucket: spec.bucket, cells: Math.max(MAX_TOKENS, spec.maxLength) };
}

/** Texts to ids as a BERT tokenizer splits them, cut to a length that spares the special tokens around them. */
export class Subwords {
  readonly #tokenizer: Tokenizer;
  readonly #before: readonly number[];
  readonly #after: readonly number[];
  readonly #room: number;

  /** @param file `tokenizer.json` @throws {RangeError} if it is none that is supported, or leaves no room for text */
  constructor(file: Uint8Array, maxLength: number) {
    const read = readTokenizerFile(file);
    this.#tokenizer = new Tokenizer(read, {});
    const bare = this.#split(read.model.unk_token);
    const framed: readonly number[] = this.#tokenizer.encode(read.model.unk_token).ids;
    const start = framed.findIndex((_, at) => bare.every((id, i) => framed[at + i] === id));
    this.#before = framed.slice(0, start);
    this.#after = framed.slice(start + bare.length);
    this.#room = maxLength - this.#before.length - this.#after.length;
    if (start < 0 || this.#room < 1)
      throw new RangeError(`the tokenizer leaves no room for text in ${maxLength} tokens`);
  }

  /**
   * The text's first ids, and special tokens around them. A text is split piece by piece between words, which come out the same
   * as in one piece, and no further than its ids are wanted.
   */
  ids(text: string): number[] {
    const found: number[] = [];
    for (let from = 0; from < text.length && found.length < this.#room; ) {
      const to = this.#wordEnd(text, from + (this.#room - found.length) * CHARACTERS_PER_TOKEN);
      for (const id of this.#split(text.slice(from, to))) found.push(id);
      from = to;
    }
    return [...this.#before, ...found.slice(0, this.#room), ...this.#after];
  }

  /** The first space from a place on, or the text's end. */
  #wordEnd(text: string, from: number): number {
    const space = from < text.length ? text.indexOf(' ', from) : -1;
    return space < 0 ? text.length : space;
  }

  #split(text: string): readonly number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }
}
