/** A metric that a run records: who records it, under which names, and what it is. */
export type LoggedMetric = { readonly names: readonly string[]; readonly by: string; readonly meaning: string };

/** What trainers record as `MetricLogged`. A test compares the names with the calls of `report.metric` in the source. */
export const loggedMetrics: readonly LoggedMetric[] = [
  { names: ['features'], by: '`nbsvm`, `nbsvm-dv`, `encoder-head`', meaning: 'Number of features of a text' },
  { names: ['bits'], by: '`nbsvm`, `nbsvm-dv`', meaning: 'Binary logarithm of the number of feature ids' },
  { names: ['vectors'], by: '`nbsvm-dv`', meaning: 'Number of n-grams that have a vector' },
  {
    names: ['vectors/texts'],
    by: '`nbsvm-dv`',
    meaning: 'Number of texts that vectors were learnt from, labelled or not',
  },
  { names: ['vectors/missed'], by: '`nbsvm-dv`', meaning: 'Loss of the vectors, one step for each epoch' },
  {
    names: ['mix/slope'],
    by: '`nbsvm-dv`',
    meaning: 'Weight of the vectors’ score in the blend, one step for each label',
  },
  {
    names: ['held/vectors', 'held/both'],
    by: '`nbsvm-dv`',
    meaning: 'Accuracy of the vectors alone, and of both scores together, on held-out rows, one step for each label',
  },
  { names: ['parameters'], by: '`distilbert`, `rnn`', meaning: 'Number of parameters that are learnt' },
  {
    names: ['rowsHeldOut'],
    by: '`distilbert`, `rnn`',
    meaning: 'Number of training rows that are held out to choose the best epoch',
  },
  {
    names: ['backend: NAME VERSION'],
    by: '`distilbert`, `rnn`',
    meaning: 'Always 1: the name of the metric says which backend computed',
  },
  {
    names: ['tokens', 'tokensPerSecond', 'truncatedShare'],
    by: 'trainers of transformers',
    meaning: 'Number of tokens of all texts, speed of tokenization, and share of texts that were cut off',
  },
  {
    names: ['stepsResumed'],
    by: '`distilbert`, `rnn`',
    meaning: 'Number of steps that an earlier run had done already',
  },
  {
    names: ['loss', 'learningRate', 'gradientNorm', 'trainedTokensPerSecond'],
    by: '`distilbert`, `rnn`',
    meaning:
      'Recorded every `training.config.logSteps` steps; `encoder-head` also records `loss`, at each step of its solver',
  },
  {
    names: ['ngrams/features'],
    by: '`distilbert`, `encoder-head`',
    meaning: 'Number of features of the `nbsvm` that is blended or stacked',
  },
  {
    names: ['mix/transformer', 'mix/ngrams'],
    by: '`distilbert`',
    meaning: 'Weights of the transformer’s and of the n-grams’ logits in the blend',
  },
  {
    names: ['heldF1/transformer', 'heldF1/ngrams', 'heldF1/both'],
    by: '`distilbert`',
    meaning: 'F1 on the held-out rows of the transformer, of the n-grams, and of the blend',
  },
  { names: ['rows'], by: '`encoder-head`', meaning: 'Number of training rows that were read' },
  { names: ['textsCached'], by: '`encoder-head`', meaning: 'Number of texts whose features an earlier run had kept' },
  { names: ['encodedTokensPerSecond'], by: '`encoder-head`', meaning: 'Speed of the encoder on all other texts' },
  { names: ['cost'], by: '`encoder-head`', meaning: 'Cost of errors that cross-validation chose' },
  {
    names: ['held/loss', 'held/accuracy'],
    by: '`encoder-head`',
    meaning: 'Loss and accuracy on held-out rows, one step for each cost that was tried',
  },
];
