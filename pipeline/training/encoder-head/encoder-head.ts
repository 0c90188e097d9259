import type { Trainer } from '../trainer.ts';
import { EncoderHeadConfig } from './config.ts';

/** Logistic regression on the features that a pretrained encoder gives for a text; the encoder is frozen. */
export const encoderHead: Trainer<typeof EncoderHeadConfig> = {
  name: 'encoder-head',
  summary:
    'logistic regression on a pretrained encoder that stays as it is: one pass over the texts, kept for the next run',
  config: EncoderHeadConfig,
  train: async (context, config) => (await import('./train.ts')).train(context, config),
};
