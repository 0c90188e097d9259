import type { Trainer } from '../trainer.ts';
import { NbsvmConfig } from './config.ts';

/**
 * NB-SVM (Wang & Manning 2012, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification"): a linear model
 * over the log-count ratios of n-grams, each row scaled to unit length; one label against the rest.
 */
export const nbsvm: Trainer<typeof NbsvmConfig> = {
  name: 'nbsvm',
  summary: 'linear model over log-count ratios of n-grams: seconds on any processor',
  config: NbsvmConfig,
  train: async (context, config) => (await import('./train.ts')).train(context, config),
};
