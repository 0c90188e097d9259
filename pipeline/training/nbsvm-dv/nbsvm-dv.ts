import type { Trainer } from '../trainer.ts';
import { NbsvmDvConfig } from './config.ts';

/**
 * NB-SVM with n-gram vectors that are learnt without labels, from all available texts. A text is the weighted mean of
 * its n-grams' vectors, a logistic regression scores it, and NB-SVM learns what should be added to that score.
 *
 * @see Wang & Manning (2012), "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification"
 * @see Li et al. (2016), "Weighted Neural Bag-of-n-grams Model: New Baselines for Text Classification"
 */
export const nbsvmDv: Trainer<typeof NbsvmDvConfig> = {
  name: 'nbsvm-dv',
  summary: 'nbsvm on top of n-gram vectors, which also learn from unlabelled texts: minutes on any processor',
  config: NbsvmDvConfig,
  unlabelled: true,
  train: async (context, config) => (await import('./train.ts')).train(context, config),
};
