import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { probabilityMetrics } from '../../../pipeline/evaluation/probabilities.ts';

const s = suite('figures of probabilities, more than two labels');

const rows = [
  [0.7, 0.2, 0.1],
  [0.1, 0.8, 0.1],
  [0.3, 0.3, 0.4],
  [0.2, 0.5, 0.3],
  [0.6, 0.3, 0.1],
  [0.25, 0.35, 0.4],
  [0.5, 0.4, 0.1],
];
const truth = [0, 1, 2, 2, 1, 2, 0];

s('are means over labels, as scikit-learn 1.9 gives them, and errors of the answers’ own probabilities', () => {
  const found = probabilityMetrics({ truth, probabilities: rows.flat(), labels: 3 });
  const wanted = { average_precision_macro: 5 / 6, roc_auc_ovr_macro: 0.85, ece_15: 0.32857142857142857, mce_15: 0.6 };
  for (const [name, value] of Object.entries(wanted))
    assert.ok(Math.abs((found[name] as number) - value) < 1e-12, `${name} ${found[name]}`);
});

s('that need rows of every label are left out without them', () => {
  const found = probabilityMetrics({ truth: [0, 1], probabilities: rows.slice(0, 2).flat(), labels: 3 });
  assert.equal(Object.keys(found).sort(), ['ece_15', 'log_loss', 'mce_15']);
});

s.run();
