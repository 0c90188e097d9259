import * as z from 'zod';

// The supported part of Hugging Face's tokenizer.json: BERT's, as WordPiece vocabularies of all languages have it. The
// file comes from an untrusted candidate. Anything else in it is refused by name, above all patterns, which could be
// made to never end.

const MAX_BYTES = 32 * 1024 * 1024;
const Id = z.int().min(0).max(10_000_000);
const Word = z.string().max(1000);

const AddedToken = z.strictObject({
  id: Id,
  content: z.string().max(100).regex(/^\S+$/, 'holds a space'),
  single_word: z.boolean().optional(),
  lstrip: z.boolean().optional(),
  rstrip: z.boolean().optional(),
  normalized: z.boolean().optional(),
  special: z.boolean().optional(),
});

const Normalizer = z.strictObject({
  type: z.literal('BertNormalizer', 'is not supported: BertNormalizer is'),
  clean_text: z.boolean().optional(),
  handle_chinese_chars: z.boolean().optional(),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().optional(),
});

const PreTokenizer = z.strictObject({ type: z.literal('BertPreTokenizer', 'is not supported: BertPreTokenizer is') });

const Model = z.strictObject({
  type: z.literal('WordPiece', 'is not supported: WordPiece is'),
  unk_token: Word,
  continuing_subword_prefix: Word.default('##'),
  /** Work on one word grows with the square of its length. */
  max_input_chars_per_word: z.int().min(1).max(200).default(100),
  vocab: z.record(Word, Id).refine((vocab) => Object.keys(vocab).length <= 1_000_000, 'has more than 1,000,000 words'),
});

const Place = z.union([
  z.strictObject({ SpecialToken: z.strictObject({ id: Word, type_id: z.int().min(0).max(1) }) }),
  z.strictObject({ Sequence: z.strictObject({ id: z.enum(['A', 'B']), type_id: z.int().min(0).max(1) }) }),
]);
const Special = z.strictObject({ id: Word, ids: z.array(Id).max(8), tokens: z.array(Word).max(8) });
const Token = z.tuple([Word, Id]);

const PostProcessor = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('TemplateProcessing'),
    single: z.array(Place).max(16),
    pair: z.array(Place).max(16),
    special_tokens: z.record(Word, Special),
  }),
  z.strictObject({ type: z.literal('BertProcessing'), sep: Token, cls: Token }),
]);

const TokenizerFile = z
  .strictObject({
    version: z.string().max(100).optional(),
    added_tokens: z.array(AddedToken).max(1000).default([]),
    normalizer: Normalizer.nullable(),
    pre_tokenizer: PreTokenizer,
    post_processor: PostProcessor,
    model: Model,
    /** Members that are ignored: the manifest gives lengths, and no ids are turned back into text. */
    truncation: z.unknown().optional(),
    padding: z.unknown().optional(),
    decoder: z.unknown().optional(),
  })
  .refine(({ model }) => Object.hasOwn(model.vocab, model.unk_token), {
    path: ['model', 'unk_token'],
    message: 'is not in the vocabulary',
  })
  .transform(({ version, added_tokens, normalizer, pre_tokenizer, post_processor, model }) => ({
    ...{ version, added_tokens, normalizer, pre_tokenizer, post_processor, model },
    ...{ truncation: null, padding: null, decoder: null },
  }));
export type TokenizerFile = z.infer<typeof TokenizerFile>;

/**
 * How an added token may be matched that Pawl's runtime does not know: it would find the token in another place than
 * where the model was trained.
 */
const MATCHED_OTHERWISE = {
  single_word: 'as a whole word alone',
  lstrip: 'with the blanks before it',
  rstrip: 'with the blanks after it',
} as const;

/**
 * What a file requires of its added tokens and the runtime does not do; none if they are matched as by Hugging Face's
 * `tokenizers`. A new model is refused for it. A registered one was measured as it is served.
 */
export function unmatchedTokens({ added_tokens }: TokenizerFile): string[] {
  return added_tokens.flatMap((token, i) => {
    const flags = Object.entries(MATCHED_OTHERWISE)
      .filter(([flag]) => token[flag as keyof typeof MATCHED_OTHERWISE] === true)
      .map(([flag, how]) => `${flag} (${how})`);
    // Tokens that are not special are looked for in the text as the normalizer leaves it.
    if (token.normalized === true) flags.push('normalized (in the text as the normalizer leaves it)');
    return flags.length === 0
      ? []
      : [`added_tokens.${i} ${JSON.stringify(token.content)} is to be matched ${flags.join(', ')}`];
  });
}

/** Reads a `tokenizer.json`. @throws {RangeError} naming everything that is wrong or not supported */
export function readTokenizerFile(bytes: Uint8Array): TokenizerFile {
  if (bytes.length > MAX_BYTES) throw new RangeError(`a tokenizer.json of ${bytes.length} bytes, ${MAX_BYTES} at most`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new RangeError(`not a tokenizer.json: ${(cause as Error).message}`, { cause });
  }
  const { success, data, error } = TokenizerFile.safeParse(value);
  if (success) return data;
  const problems = error.issues.slice(0, 10).map(({ path, message }) => `${path.join('.').slice(0, 200)} ${message}`);
  throw new RangeError(`not a tokenizer.json that is supported: ${problems.join('; ')}`, { cause: error });
}
