import { isForRuntime } from '../../registry-repo/manifest.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { OpenModel, Runtime } from '../../registry-repo/runtime/runtime.ts';
import { verifyProduction } from '../../registry-repo/verify/production.ts';
import { readVersionFile } from '../../registry-repo/version-files.ts';
import type { Clock, Forging, Settings, Storing, Trusting } from '../world.ts';

type PredictWorld = Settings & Clock & Storing & Forging & Trusting & { readonly openModel: OpenModel };

/** The model's answer to one text. There is a probability for every label; they add up to 1. */
export type Prediction = {
  readonly label: string;
  readonly probability: number;
  readonly probabilities: Readonly<Record<string, number>>;
};

/**
 * Classifies texts with the model in production, verified as a server verifies it. Gives one prediction for each text,
 * in their order.
 */
export async function predict(
  world: PredictWorld,
  texts: readonly string[],
): Promise<{ readonly version: number; readonly predictions: readonly Prediction[] }> {
  const { runtime, version } = await productionRuntime(world);
  try {
    const probabilities = await runtime.classify(texts);
    return { version, predictions: texts.map((_, row) => predictionOf(runtime, probabilities, row)) };
  } finally {
    await runtime.release();
  }
}

async function productionRuntime(world: PredictWorld): Promise<{ runtime: Runtime; version: number }> {
  const { model } = world.config;
  const { git } = world.forge();
  const tip = await world.forge().sync();
  const { manifest, production } = await verifyProduction({
    ...{ git, tip, model },
    keys: world.keys().trusted,
    now: world.clock(),
  });
  const { version } = production;
  const of = { registry: new RegistryAt(git, tip), artifacts: world.artifacts(), model, version, manifest };
  const needed = manifest.files.filter(({ path }) => isForRuntime(path));
  const files = new Map(
    await Promise.all(needed.map(async (file) => [file.path, await readVersionFile(of, file)] as const)),
  );
  return { runtime: await world.openModel({ manifest, files }), version };
}

function predictionOf({ labels }: Runtime, probabilities: Float32Array, row: number): Prediction {
  const mine = probabilities.subarray(row * labels.length, (row + 1) * labels.length);
  let best = 0;
  for (let k = 1; k < mine.length; k++) if ((mine[k] as number) > (mine[best] as number)) best = k;
  const byLabel = Object.fromEntries(labels.map((label, k) => [label, mine[k] as number]));
  return { label: labels[best] as string, probability: mine[best] as number, probabilities: byLabel };
}
