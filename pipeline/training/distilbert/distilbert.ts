import type { Trainer } from '../trainer.ts';
import { DistilbertConfig } from './config.ts';

/** Fine-tunes a BERT or DistilBERT encoder (Devlin et al. 2019; Sanh et al. 2019) with a classification head. */
export const distilbert: Trainer<typeof DistilbertConfig> = {
  name: 'distilbert',
  summary: 'fine-tuned transformer, any BERT or DistilBERT; needs a fast backend',
  config: DistilbertConfig,
  train: async (context, config) => (await import('./train.ts')).train(context, config),
};
