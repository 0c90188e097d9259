import * as z from 'zod';

// Reads `vocab.txt` and `tokenizer_config.json`, the older form of `tokenizer.json`, as Transformers does.

const Token = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]);

const Settings = z.object({
  tokenizer_class: z
    .string()
    .regex(
      /^(?:Distil)?Bert(?:Tokenizer|TokenizerFast)$/,
      'is not supported: BertTokenizer and DistilBertTokenizer are',
    )
    .nullish(),
  do_lower_case: z.boolean().default(true),
  tokenize_chinese_chars: z.boolean().default(true),
  strip_accents: z.boolean().nullish(),
  do_basic_tokenize: z.literal(true, 'is not supported: only true is').nullish(),
  never_split: z.array(z.string()).max(0, 'is not supported: nothing may stand in it').nullish(),
  unk_token: Token.default('[UNK]'),
  sep_token: Token.default('[SEP]'),
  pad_token: Token.default('[PAD]'),
  cls_token: Token.default('[CLS]'),
  mask_token: Token.default('[MASK]'),
});

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * A `tokenizer.json` from a BERT vocabulary.
 *
 * @param words `vocab.txt`: one word a line, its id the line's number from 0
 * @param config `tokenizer_config.json`; null where there is none
 * @throws {RangeError} naming what is wrong or not supported
 */
export function tokenizerFromVocabulary(words: Uint8Array, config: Uint8Array | null): Uint8Array {
  const settings = readSettings(config);
  const vocab = readWords(words);
  const id = (token: string): number => {
    const found = vocab.get(token);
    if (found === undefined) throw new RangeError(`the special token ${JSON.stringify(token)} is not among its words`);
    return found;
  };
  const { unk_token, sep_token, pad_token, cls_token, mask_token } = settings;
  const special = (token: string) => [token, { id: token, ids: [id(token)], tokens: [token] }] as const;
  const place = (token: string, type_id: number) => ({ SpecialToken: { id: token, type_id } });
  const text = (name: 'A' | 'B', type_id: number) => ({ Sequence: { id: name, type_id } });
  const single = [place(cls_token, 0), text('A', 0), place(sep_token, 0)];
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [pad_token, unk_token, cls_token, sep_token, mask_token]
      .map((content) => ({ id: id(content), content, ...PLAIN }))
      .sort((a, b) => a.id - b.id),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: settings.tokenize_chinese_chars,
      strip_accents: settings.strip_accents ?? null,
      lowercase: settings.do_lower_case,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, text('B', 1), place(sep_token, 1)],
      special_tokens: Object.fromEntries([special(cls_token), special(sep_token)]),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocab),
    },
  };
  return Buffer.from(JSON.stringify(tokenizer));
}

const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

function readSettings(config: Uint8Array | null): z.output<typeof Settings> {
  let value: unknown = {};
  try {
    if (config) value = JSON.parse(decoder.decode(config));
  } catch (cause) {
    throw new RangeError(`tokenizer_config.json is no JSON: ${(cause as Error).message}`, { cause });
  }
  const { success, data, error } = Settings.safeParse(value);
  if (success) return data;
  const problems = error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new RangeError(`tokenizer_config.json: ${problems.join('; ')}`, { cause: error });
}

/** For a word that occurs twice, the last line counts, as in Transformers. */
function readWords(bytes: Uint8Array): Map<string, number> {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new RangeError('it is not UTF-8', { cause });
  }
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return new Map(lines.map((word, id) => [word, id]));
}
