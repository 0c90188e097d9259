import type { Random } from '../../registry-repo/random.ts';

// Tokenizer files of every kind that Pawl accepts, and texts that are hard for them, drawn by a seed.

const LATIN = [...'abcdefghijklmnopqrstuvwxyz'];
/** Characters that a normalizer or splitter treats in its own way: accents, case, scripts, blanks, controls, signs. */
const HARD = [
  ...'ABCXYZÄÖÜßẞÉéñçÅåİıſΣσςΑά',
  ...'НйЁёґ',
  ...'好看影片㐀𠀀豈々ひカ한글',
  ...'अनक्षि',
  ...'ไทยعربيאבג',
  ...'0129٣½²Ⅷ',
  ...'.,;:!?()[]{}<>#@$%^&*+=|~`\'"-_/\\，。！？、「」…—–«»·¿',
  ...'€£©®™°§¶',
  ...' \t\n\r\u00a0\u2003\u3000\u200b\u200d\u200e\u00ad\ufeff\u2028\u0085',
  ...'\u0000\u0001\u007f\u0301\u0308\u0323\u20d0\u0338\ufffd\ue000',
  ...'😀👍🏽🇩🇪ﬁﬀ𝐀Ａｱ',
];
const WHOLE = [
  'film',
  'villain',
  'Whole',
  'unwatchable',
  'CAFÉ',
  'naïve',
  'ΟΔΟΣ',
  'İstanbul',
  'straße',
  '##ing',
  "don't",
];
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
/** More added tokens: words, signs, other scripts, one the beginning of another. */
const ADDED = ['[E1]', '[E11]', '<user>', 'film', '@@', '#', '好', 'é', 'É', '[url]', '…', '😀', 'ab'];

/** Letters whose parts the package knows and older versions of Node do not, or the other way round: Unicode 13 to 16. */
const DECOMPOSED =
  /[\u{105c9}\u{105e4}\u{11383}\u{11385}\u{1138e}\u{11391}\u{113c5}\u{113c7}\u{113c8}\u{11938}\u{16121}-\u{16128}\u{16d68}-\u{16d6a}]/u;

const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)] as T;
const draw = <T>(n: number, of: () => T): T[] => Array.from({ length: n }, of);

function word(random: Random): string {
  if (random.chance(0.15)) return pick(random, WHOLE);
  if (random.chance(0.02)) return draw(90 + random.below(30), () => pick(random, LATIN)).join('');
  return draw(1 + random.below(7), () => pick(random, random.chance(0.8) ? LATIN : HARD)).join('');
}

/** A text of well-formed characters. */
export function drawText(random: Random): string {
  const parts = draw(random.below(30), () => {
    const kind = random.below(10);
    if (kind < 6) return word(random);
    if (kind < 8) return pick(random, HARD);
    if (kind < 9) return pick(random, [...SPECIAL, ...ADDED]);
    const code = random.below(0x110000);
    const drawn = code >= 0xd800 && code < 0xe000 ? ' ' : String.fromCodePoint(code);
    return DECOMPOSED.test(drawn) ? ' ' : drawn;
  });
  return parts.join(pick(random, [' ', ' ', ' ', '', '  ']));
}

/** A tokenizer file that is accepted, as JSON. */
export function drawTokenizer(random: Random): Record<string, unknown> {
  const prefix = pick(random, ['##', '##', '##', '@', '']);
  const unknown = pick(random, ['[UNK]', '<unk>']);
  const words = new Set([...SPECIAL, unknown]);
  for (const sign of [...LATIN, ...HARD]) if (random.chance(0.8)) words.add(sign).add(prefix + sign);
  for (const whole of [...WHOLE, ...WHOLE.map((w) => w.toLowerCase())]) if (random.chance(0.7)) words.add(whole);
  for (const pair of draw(400, () => pick(random, LATIN) + pick(random, LATIN))) words.add(pair).add(prefix + pair);
  const vocab = Object.fromEntries([...words].map((content, id) => [content, id]));
  const id = (content: string) => vocab[content] as number;
  let next = words.size;
  const own = SPECIAL.map((content) => ({ id: id(content), content, special: true }));
  const more = ADDED.filter(() => random.chance(random.chance(0.5) ? 0 : 0.4)).map((content) => ({
    id: Object.hasOwn(vocab, content) ? id(content) : next++,
    content,
    special: random.chance(0.5),
  }));
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const place = (content: string, type_id: number) => ({ SpecialToken: { id: content, type_id } });
  const text = (name: 'A' | 'B', type_id: number) => ({ Sequence: { id: name, type_id } });
  const special = (content: string) => [content, { id: content, ids: [id(content)], tokens: [content] }];
  const yes = () => random.chance(0.5);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...own, ...more].sort((a, b) => a.id - b.id).map((token) => ({ ...token, ...flags })),
    normalizer: random.chance(0.1)
      ? null
      : {
          type: 'BertNormalizer',
          clean_text: yes(),
          handle_chinese_chars: yes(),
          strip_accents: pick(random, [null, true, false]),
          lowercase: yes(),
        },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: yes()
      ? { type: 'BertProcessing', sep: ['[SEP]', id('[SEP]')], cls: ['[CLS]', id('[CLS]')] }
      : {
          type: 'TemplateProcessing',
          single: [place('[CLS]', 0), text('A', 0), place('[SEP]', 0)],
          pair: [place('[CLS]', 0), text('A', 0), place('[SEP]', 0), text('B', 1), place('[SEP]', 1)],
          special_tokens: Object.fromEntries([special('[CLS]'), special('[SEP]')]),
        },
    decoder: { type: 'WordPiece', prefix, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unknown,
      continuing_subword_prefix: prefix,
      max_input_chars_per_word: pick(random, [100, 100, 20, 200]),
      vocab,
    },
  };
}
