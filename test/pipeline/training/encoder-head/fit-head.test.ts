import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fitHead } from '../../../../pipeline/training/encoder-head/fit-head.ts';
import { Random } from '../../../../registry-repo/random.ts';

const s = suite('a head');
const [ROWS, WIDTH] = [300, 6];

/** Noise, and as the last feature log-odds by which the labels are drawn. */
function drawn() {
  const random = Random.named('head');
  const uniform = () => (random.bits() + 0.5) / 2 ** 32;
  const features = Float32Array.from({ length: ROWS * WIDTH }, () => uniform() - 0.5);
  const truth = Int32Array.from({ length: ROWS }, (_, row) => {
    const odds = 8 * (uniform() - 0.5);
    features[row * WIDTH + WIDTH - 1] = odds;
    return Number(uniform() < 1 / (1 + Math.exp(-odds)));
  });
  const texts = Array.from({ length: ROWS }, (_, row) => `text ${row}`);
  return { classes: { features, width: WIDTH, truth, labels: 2 }, texts };
}

async function fit(cost: number, scores: number) {
  const { classes, texts } = drawn();
  const metrics = new Map<string, number[]>();
  const metric = (name: string, value: number) => void metrics.set(name, [...(metrics.get(name) ?? []), value]);
  const report = { metric, epoch: () => {}, progress: () => {} };
  const context = { seed: 1, report, signal: new AbortController().signal };
  const { kernel } = await fitHead(classes, texts, context, { cost, folds: 3, iterations: 300 }, scores);
  const slope = (j: number) => (kernel[2 * j + 1] as number) - (kernel[2 * j] as number);
  return { slope, metrics };
}

s('believes another model’s scores, however little its features may weigh', async () => {
  const { slope } = await fit(1e-3, 1);
  assert.ok(Math.abs(slope(WIDTH - 1) - 1) < 0.3, `${slope(WIDTH - 1)}`);
  for (let j = 0; j < WIDTH - 1; j++) assert.ok(Math.abs(slope(j)) < 0.1, `${slope(j)}`);
  const asFeature = (await fit(1e-3, 0)).slope(WIDTH - 1);
  assert.ok(asFeature < 0.2, `${asFeature}`);
});

s('costs are tried until the loss on held-out rows rises; the one before is taken', async () => {
  const { metrics } = await fit(0, 0);
  const losses = metrics.get('held/loss') as number[];
  const costs = [1e-4, 1e-3, 1e-2, 1e-1, 1];
  assert.is(losses.length, metrics.get('held/accuracy')?.length);
  const best = losses.indexOf(Math.min(...losses));
  assert.ok(best === losses.length - 2 || losses.length === costs.length, losses.join());
  assert.is(metrics.get('cost')?.[0], costs[best]);
});

s.run();
