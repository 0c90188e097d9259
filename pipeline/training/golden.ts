import type { Manifest } from '../../registry-repo/manifest.ts';
import type { Runtime } from '../../registry-repo/runtime/runtime.ts';

/**
 * Invented texts of every kind a server may meet. A manifest keeps the model's answers to them, and every server repeats
 * them before it switches over: another processor or runtime that answers otherwise is noticed then, not by users.
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

/** The model's answers to the golden texts, as a manifest keeps them. */
export async function goldenAnswers(runtime: Runtime): Promise<Manifest['golden']> {
  const probabilities = await runtime.classify(TEXTS);
  const k = runtime.labels.length;
  return TEXTS.map((text, i) => ({ text, probabilities: [...probabilities.subarray(i * k, (i + 1) * k)] }));
}
