/** A metric that a run records: who records it, under which names, and what it is. */
export type LoggedMetric = { readonly names: readonly string[]; readonly by: string; readonly meaning: string };

/** What trainers record as `MetricLogged`. A test compares the names with the calls of `report.metric` in the source. */
export const loggedMetrics: readonly LoggedMetric[] = [
  { names: ['features'], by: '`nbsvm`, `nbsvm-dv`, `encoder-head`', meaning: 'Numbers that stand for a text' },
  { names: ['bits'], by: '`nbsvm`, `nbsvm-dv`', meaning: 'Binary logarithm of the number of feature ids' },
  { names: ['vectors'], by: '`nbsvm-dv`', meaning: 'N-grams that have a vector' },
  { names: ['vectors/texts'], by: '`nbsvm-dv`', meaning: 'Texts that vectors were learnt from, labelled or not' },
  { names: ['vectors/missed'], by: '`nbsvm-dv`', meaning: 'What learning the vectors missed, a step for each epoch' },
  {
    names: ['mix/slope'],
    by: '`nbsvm-dv`',
    meaning: 'Weight of the vectors’ score in the mixture, a step for each label',
  },
  {
    names: ['held/vectors', 'held/both'],
    by: '`nbsvm-dv`',
    meaning:
      'Share of held-out rows that the vectors alone, and both scores together, get right, a step for each label',
  },
  { names: ['parameters'], by: '`distilbert`, `rnn`', meaning: 'Numbers that are learnt' },
  { names: ['rowsHeldOut'], by: '`distilbert`, `rnn`', meaning: 'Training rows that choose the best epoch' },
  { names: ['backend: NAME VERSION'], by: '`distilbert`, `rnn`', meaning: 'Always 1: the name says what computed' },
  {
    names: ['tokens', 'tokensPerSecond', 'truncatedShare'],
    by: 'trainers of transformers',
    meaning: 'Tokens of all texts, how fast they were made, and the share of texts that were cut off',
  },
  { names: ['stepsResumed'], by: '`distilbert`, `rnn`', meaning: 'Steps that an earlier run had done already' },
  {
    names: ['loss', 'learningRate', 'gradientNorm', 'trainedTokensPerSecond'],
    by: '`distilbert`, `rnn`',
    meaning: 'Every `training.config.logSteps` steps; `encoder-head` records `loss` too, a step for each of its solver',
  },
  { names: ['ngrams/features'], by: '`distilbert`, `encoder-head`', meaning: 'Features of the `nbsvm` beside it' },
  {
    names: ['mix/transformer', 'mix/ngrams'],
    by: '`distilbert`',
    meaning: 'Weights of the transformer’s and of the n-grams’ logits',
  },
  {
    names: ['heldF1/transformer', 'heldF1/ngrams', 'heldF1/both'],
    by: '`distilbert`',
    meaning: 'F1 of each on the held-out rows, and of both together',
  },
  { names: ['rows'], by: '`encoder-head`', meaning: 'Training rows that were read' },
  { names: ['textsCached'], by: '`encoder-head`', meaning: 'Texts whose features an earlier run had kept' },
  { names: ['encodedTokensPerSecond'], by: '`encoder-head`', meaning: 'How fast the encoder computed the others' },
  { names: ['cost'], by: '`encoder-head`', meaning: 'Cost of errors that cross-validation chose' },
  {
    names: ['held/loss', 'held/accuracy'],
    by: '`encoder-head`',
    meaning: 'Of each cost that was tried, on the rows held out, a step for each',
  },
];
