import type { Manifest } from '../../registry-repo/manifest.ts';
import type { Runtime } from '../../registry-repo/runtime/runtime.ts';

/**
 * Made-up texts of every kind that a server may get. A manifest keeps the model's answers to them, and every server
 * repeats them before it answers with the version. So a processor or runtime that answers otherwise is noticed before
 * users notice it.
 */
const TEXTS = [
  'A warm, funny film that I would gladly watch again.',
  'Two hours of my life, and nothing to show for them.',
  'The plot is thin, but the acting makes up for it!',
  'not bad',
  '',
  'Ein wunderbarer Film, ganz ohne Längen.',
  '这部电影很好看，我很喜欢。',
  '😀 10/10 <br /> would recommend',
];

/** Texts times labels: an answer has a number for each label. */
const MOST_NUMBERS = 2000;
/**
 * From this number of labels on there are many numbers, and they are kept to a millionth: a thousandth of what they may
 * differ by.
 */
const MANY_LABELS = 50;

/** The model's answers to the golden texts, as a manifest keeps them; to fewer texts if there are many labels. */
export async function goldenAnswers(runtime: Runtime): Promise<Manifest['golden']> {
  const k = runtime.labels.length;
  const every = Math.ceil(TEXTS.length / Math.max(2, Math.min(TEXTS.length, Math.floor(MOST_NUMBERS / k))));
  const texts = TEXTS.filter((_, i) => i % every === every - 1);
  const probabilities = await runtime.classify(texts);
  const kept = (p: number) => (k > MANY_LABELS ? Math.round(p * 1e6) / 1e6 : p);
  return texts.map((text, i) => ({ text, probabilities: [...probabilities.subarray(i * k, (i + 1) * k)].map(kept) }));
}
