import type { Subwords } from '../../../registry-repo/runtime/subwords.ts';
import type { TrainingContext } from '../trainer.ts';

/** Texts between two checks of the signal. */
const CHUNK = 256;

/**
 * Texts as ids with special tokens. Reports the metrics `tokens` (of all texts, after cutting), `tokensPerSecond` and
 * `truncatedShare`, the share of texts that were cut.
 *
 * @param now milliseconds
 */
export async function tokenize(
  subwords: Subwords,
  texts: readonly string[],
  { report, signal }: Pick<TrainingContext, 'report' | 'signal'>,
  now: () => number = () => performance.now(),
): Promise<Int32Array[]> {
  const rows: Int32Array[] = [];
  let [tokens, cut] = [0, 0];
  const started = now();
  for (let at = 0; at < texts.length; at += CHUNK) {
    signal.throwIfAborted();
    for (const text of texts.slice(at, at + CHUNK)) {
      const split = subwords.split(text);
      rows.push(Int32Array.from(split.ids));
      tokens += split.ids.length;
      cut += split.cut ? 1 : 0;
    }
    report.progress('tokenize', rows.length, texts.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const seconds = (now() - started) / 1000;
  report.metric('tokens', tokens, 0);
  if (seconds > 0) report.metric('tokensPerSecond', tokens / seconds, 0);
  if (texts.length > 0) report.metric('truncatedShare', cut / texts.length, 0);
  return rows;
}
