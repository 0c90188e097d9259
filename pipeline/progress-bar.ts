import { SingleBar } from 'cli-progress';
import { type Progress, silentProgress } from './progress.ts';
import type { Terminal } from './surroundings.ts';
import { duration } from './table.ts';

/** Shorter work shows no bar: a bar that is visible for a moment only distracts. */
const SHOW_AFTER_MS = 700;

/**
 * A bar with the time left on standard error, only if a person sees it.
 *
 * @param stream where to draw; nothing is drawn unless it is a terminal
 * @param now milliseconds
 */
export function barProgress(stream: Terminal, now: () => number): Progress {
  if (!stream.isTTY) return silentProgress;
  let current: { stage: string; since: number; from: number; bar: SingleBar | null } | null = null;

  const finish = () => {
    current?.bar?.stop();
    current = null;
  };
  return {
    finish,
    update(stage, done, of) {
      if (current?.stage !== stage) {
        finish();
        current = { stage, since: now(), from: done, bar: null };
      }
      const total = Math.max(of, 1);
      if (!current.bar && now() - current.since >= SHOW_AFTER_MS && done < total) {
        current.bar = newBar(stream);
        current.bar.start(total, done, { stage, left: '' });
      }
      current.bar?.setTotal(total);
      current.bar?.update(done, { left: timeLeft(now() - current.since, done - current.from, total - current.from) });
      if (done >= of) finish();
    },
  };
}

const newBar = (stream: Terminal): SingleBar =>
  new SingleBar({
    stream,
    format: '{stage} {bar} {percentage}%  {left}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
  });

/**
 * Time left at the mean speed so far, without what was already done when it began; empty while there is no speed yet.
 */
const timeLeft = (elapsedMs: number, done: number, total: number): string =>
  done === 0 ? '' : `${duration((elapsedMs * (total - done)) / done)} left`;
