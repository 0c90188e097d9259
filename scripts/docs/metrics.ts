import { metricsOf } from '../../pipeline/evaluation/metrics.ts';
import { probabilityMetrics } from '../../pipeline/evaluation/probabilities.ts';
import { createMetrics } from '../../server/metrics.prometheus.ts';
import { loggedMetrics } from './logged-metrics.ts';
import { code, page, sentence, table } from './markdown.ts';

const FIGURES = `A run measures its exported model on all test rows, and records each figure as a metric named \`test/…\`. \`f1\`, \`precision\` and
\`recall\` without a suffix are those of \`policy.positive\`, if it is set. Their definitions are in
[Evaluation](../guides/evaluation.md). They are claims: the gate measures again.`;

const TRAINERS = `\`pawl runs show\` and \`pawl runs compare\` show them; \`pawl events list --type MetricLogged\` has every point. Metrics of a program of
the trainer \`command\` have the names that the program gives.`;

/** `docs/reference/metrics.md`: what a server counts, and what runs record. */
export async function metricsPage(notice: string): Promise<string> {
  return page(
    '# Metrics',
    notice,
    '## Of servers',
    '`GET /metrics`, in the text format of Prometheus:',
    table(['metric', 'kind', 'labels', 'meaning'], await served()),
    '## Of every run',
    FIGURES,
    figures()
      .map((name) => code(`test/${name}`))
      .join(' '),
    '## Of trainers',
    TRAINERS,
    table(
      ['metric', 'recorded by', 'meaning'],
      loggedMetrics.map(({ names, by, meaning }) => [names.map(code).join(' '), by, meaning]),
    ),
  );
}

/** Read from what the server answers, so that nothing is left out. */
async function served(): Promise<string[][]> {
  const metrics = createMetrics(() => ({ workers: 1, usable: 1, lost: 0, waiting: 0 }), { totals: () => [] });
  metrics.lost('any'); // a counter with labels shows them once it has counted
  const text = await metrics.text();
  return [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)\n(.*)$/gm)].map(
    ([, name = '', help = '', kind = '', sample = '']) => {
      const labels = [...sample.matchAll(/[{,](\w+)=/g)].map((m) => code(m[1] as string));
      return [code(name), kind, labels.join(' '), sentence(help)];
    },
  );
}

/** The names of every figure of two labels, from the functions that a run calls. */
function figures(): string[] {
  const counts = [
    [3, 1],
    [1, 3],
  ];
  const answers = { truth: [0, 1], probabilities: [0.9, 0.1, 0.2, 0.8], labels: 2 };
  const names = Object.keys({ ...metricsOf(['neg', 'pos'], counts, 'pos'), ...probabilityMetrics(answers) });
  return names.filter((name) => !name.endsWith(']'));
}
