import type { Trainer } from '../trainer.ts';
import { EncoderHeadConfig } from './config.ts';

/** Logistic regression on what a pretrained encoder makes of a text; the encoder stays as it is. */
export const encoderHead: Trainer<typeof EncoderHeadConfig> = {
  name: 'encoder-head',
  summary:
    'logistic regression on a pretrained encoder that stays as it is: one pass over the texts, kept for the next run',
  config: EncoderHeadConfig,
  train: async (context, config) => (await import('./train.ts')).train(context, config),
};
