import type { Trainer } from '../trainer.ts';
import { RnnConfig } from './config.ts';

/** An LSTM over words (Hochreiter & Schmidhuber 1997), from random weights: the neural baseline. */
export const rnn: Trainer<typeof RnnConfig> = {
  name: 'rnn',
  summary: 'LSTM over words, from random weights: the neural baseline',
  config: RnnConfig,
  train: async (context, config) => (await import('./train.ts')).train(context, config),
};
