import { abortable } from '../abortable.ts';
import type { TrainedModel, TrainingContext } from '../trainer.ts';
import { EpochLog } from './epoch-log.ts';
import { Threads } from './threads.ts';

/**
 * Runs the learning of a model on threads, which always end with it. Their reports of epochs go to the run's metrics.
 *
 * @param learn `outputs`: how many scores the model has: one for two labels, else one for each label
 */
export async function onThreads(
  { rows, labels, workers, signal, report }: TrainingContext,
  epochs: number,
  learn: (threads: Threads, outputs: number) => Promise<TrainedModel>,
): Promise<TrainedModel> {
  signal.throwIfAborted();
  const outputs = labels.length === 2 ? 1 : labels.length;
  const log = new EpochLog(outputs, epochs, report);
  const threads = new Threads(Math.max(1, Math.min(workers, rows.length)), (epoch) => log.note(epoch));
  try {
    return await abortable(learn(threads, outputs), signal);
  } finally {
    await threads.close();
  }
}
