import { claimName } from '../../registry-repo/averaging.ts';
import type { Manifest } from '../../registry-repo/manifest.ts';
import { kindOf } from '../../registry-repo/runtime/preprocessor.ts';
import { denseCounts } from '../../registry-repo/stored-counts.ts';
import type { Confusion } from '../../registry-repo/values.ts';
import { block, code, plain, table } from '../markdown.ts';

type Facts = Pick<
  Manifest,
  'model' | 'labels' | 'run' | 'data' | 'claimed' | 'createdAt' | 'preprocessor' | 'pretrained'
>;

/** A model card for people, from what the run recorded (Mitchell et al. 2019, "Model Cards for Model Reporting"). */
export function modelCard({ model, labels, run, data, claimed, createdAt, preprocessor, pretrained }: Facts): string {
  return `# ${plain(model)}

Text classifier with ${labels.length} labels: ${labels
    .slice(0, 20)
    .map((l) => code(l, 40))
    .join(', ')}${labels.length > 20 ? ', …' : ''}.

| | |
|---|---|
| trained | ${createdAt} by run ${code(run.id)} |
| trainer | ${code(run.trainer)}, seed ${run.seed} |
| code | ${run.code.commit ? code(run.code.commit) : 'not in a git repository'}${run.code.dirty ? ' with uncommitted changes' : ''} |
| text to numbers | ${code(kindOf(preprocessor))} |${pretrained ? `\n| started from | ${startedFrom(pretrained)} |` : ''}
| training data | ${code(`${data.source.kind} ${data.source.location}`)}, ${data.train.rows} rows, ${code(data.train.digest.slice(0, 23))} |
| test data | ${data.test.rows} rows, ${code(data.test.digest.slice(0, 23))} |

## Measured by the run

${plain(claimName({ labels, claimed }), 120)} ${claimed.f1.toFixed(4)} on its test data. This is the run's own claim: the gate measures again before anything is merged.

${labels.length <= 20 ? confusion(labels, denseCounts(claimed.confusion)) : ''}

## Settings

${block(JSON.stringify(run.config, null, 2), 'json')}

## Limits

The model knows texts like those it was trained on, and no others. It gives a label to every text, also where none fits;
a probability near 1/${labels.length} says so.
`;
}

const confusion = (labels: readonly string[], counts: Confusion): string =>
  table([
    ['truth \\ predicted', ...labels.map((l) => plain(l, 40))],
    ...labels.map((label, i) => [plain(label, 40), ...(counts[i] ?? []).map(String)]),
  ]);

const startedFrom = ({ location, revision, digest }: NonNullable<Facts['pretrained']>): string =>
  `${code(location)}${revision === null ? '' : ` at ${code(revision)}`}, ${code(digest.slice(0, 23))}`;
