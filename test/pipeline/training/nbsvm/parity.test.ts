import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contractOf, embeddingBag, type QuantizedTables } from '../../../../pipeline/onnx/embedding-bag.ts';
import { type NbsvmConfig, NbsvmConfig as schema, zonesOf } from '../../../../pipeline/training/nbsvm/config.ts';
import { extractFeatures, type Features } from '../../../../pipeline/training/nbsvm/features.ts';
import { type ClassModel, fitClass } from '../../../../pipeline/training/nbsvm/fit-class.ts';
import { quantize } from '../../../../pipeline/training/nbsvm/quantize-tables.ts';
import { Threads } from '../../../../pipeline/training/nbsvm/threads.ts';
import type { Row } from '../../../../registry-repo/rows.ts';
import { FeatureIds } from '../../../../registry-repo/runtime/feature-ids.ts';
import { loadRuntime } from '../../../../registry-repo/runtime/load.ts';
import { dataFolder, load } from '../../../support/data.ts';
import { imdbArchive } from '../../../support/imdb.ts';

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

type Learnt = { features: Features; models: ClassModel[]; tables: QuantizedTables; labels: string[] };

async function learn(rows: readonly Row[], labels: string[], over: Partial<NbsvmConfig> = {}): Promise<Learnt> {
  const config = schema.parse(over);
  const outputs = labels.length === 2 ? 1 : labels.length;
  const threads = new Threads(2, () => {});
  const { bits, singletons } = config;
  const options = { zones: zonesOf(config), bits, singletons, outputs, onProgress: () => {} };
  const features = await extractFeatures(threads, rows, options);
  await threads.close();
  const truth = Int32Array.from(rows, (row) => labels.indexOf(row.label));
  const task = (label: number) => ({ matrix: features.matrix, truth, label, config, seed: 1 });
  const models = Array.from({ length: outputs }, (_, i) => fitClass(task(outputs === 1 ? 1 : i), () => {}));
  return { features, models, tables: quantize(models, features.idOf, features.preprocessor.bits), labels };
}

/** What the trainer thinks, in double precision; the graph's own arithmetic is not used. */
function expected(ids: Int32Array, { models, features }: Learnt, look: (id: number, k: number) => [number, number]) {
  const scores = models.map(({ bias, sigmoid: { slope, offset } }, k) => {
    let [sum, squares] = [0, 0];
    for (const id of ids) {
      const [weight, ratio] = look(id, k);
      sum += weight;
      squares += ratio * ratio;
    }
    return sigmoid(slope * ((squares > 0 ? sum / Math.sqrt(squares) : 0) + bias) + offset);
  });
  assert.ok(features.idOf.length > 0);
  if (scores.length === 1) return [1 - (scores[0] as number), scores[0] as number];
  const total = scores.reduce((a, b) => a + b, 0);
  return scores.map((p) => p / total);
}

const rounded =
  ({ tables: t }: Learnt) =>
  (id: number, k: number): [number, number] => [
    (t.weights[id * t.outputs + k] as number) * (t.weightScale[k] as number),
    (t.ratios[id * t.outputs + k] as number) * (t.ratioScale[k] as number),
  ];

function exact({ models, features: { idOf } }: Learnt) {
  const columnOf = new Map([...idOf].map((id, column) => [id, column]));
  return (id: number, k: number): [number, number] => {
    const column = columnOf.get(id);
    const model = models[k] as ClassModel;
    return column === undefined ? [0, 0] : [model.weight[column] as number, model.ratio[column] as number];
  };
}

/** Largest difference of a probability, and the share of texts whose answer rounding leaves alone. */
async function compare(learnt: Learnt, texts: readonly string[]) {
  const { features, tables, labels } = learnt;
  const bytes = embeddingBag(tables, labels.length);
  const manifest = { labels, preprocessor: features.preprocessor, contract: contractOf(labels.length) };
  const runtime = await loadRuntime({ manifest, file: () => bytes });
  const got = await runtime.classify(texts);
  await runtime.release();
  const ids = new FeatureIds(features.preprocessor);
  const [lookRounded, lookExact] = [rounded(learnt), exact(learnt)];
  let [difference, agree] = [0, 0];
  texts.forEach((text, i) => {
    const found = [...got.subarray(i * labels.length, (i + 1) * labels.length)];
    const own = ids.of(text);
    const wanted = expected(own, learnt, lookRounded);
    found.forEach((p, k) => {
      difference = Math.max(difference, Math.abs(p - (wanted[k] as number)));
    });
    const best = (row: readonly number[]) => row.indexOf(Math.max(...row));
    if (best(found) === best(expected(own, learnt, lookExact))) agree++;
  });
  return { difference, agreement: agree / texts.length };
}

const parity = suite('nbsvm: trainer and runtime');
const HARD = ['', '!', 'unheard-of words only: qwxz', 'a '.repeat(5000)];

async function holds(rows: readonly Row[], test: readonly Row[], over: Partial<NbsvmConfig> = {}): Promise<void> {
  const labels = [...new Set(rows.map((row) => row.label))].sort();
  const learnt = await learn(rows, labels, over);
  const { difference, agreement } = await compare(learnt, [...test.map((row) => row.text), ...HARD]);
  assert.ok(difference < 2e-6, `probabilities differ by ${difference}`);
  assert.ok(agreement >= 0.98, `rounding changes ${(100 * (1 - agreement)).toFixed(1)} % of the answers`);
}

const { train, test } = await load({ kind: 'sample', train: 1500, test: 400 }, dataFolder());

parity('agree on sample data, and rounding to bytes changes few answers', () => holds(train, test));
for (const loss of ['hinge', 'squared-hinge'] as const)
  parity(`agree with ${loss} loss and Platt scaling`, () => holds(train, test, { loss, cost: 3 }));

parity('agree for three labels', async () => {
  const third = train.map((row, i) => (i % 3 === 0 ? { text: `${row.text} Meh meh.`, label: 'meh' } : row));
  await holds(third, test);
});

const archive = imdbArchive();
if (archive)
  parity('agree on real reviews', async () => {
    const real = await load({ kind: 'imdb', path: archive }, dataFolder());
    await holds(
      real.train.filter((_, i) => i % 10 === 0),
      real.test.filter((_, i) => i % 10 === 0),
    );
  });
else console.log('SKIPPED agreement on real reviews: no archive of reviews here (PAWL_TEST_IMDB=FILE names one)');

parity.run();
