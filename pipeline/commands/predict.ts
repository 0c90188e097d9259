import { createInterface } from 'node:readline';
import { isForRuntime } from '../../registry-repo/manifest.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { Runtime } from '../../registry-repo/runtime/runtime.ts';
import { verifyProduction } from '../../registry-repo/verify/production.ts';
import { readVersionFile } from '../../registry-repo/version-files.ts';
import { share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const predict: Command<Workspace> = {
  details: 'Texts are arguments, or lines of standard input. The model is verified exactly as a server verifies it.',
  json: true,
  arguments: [{ name: 'text', description: 'texts; none reads standard input', optional: true, variadic: true }],
  flags: [{ flags: '--model <name>', description: 'the model', setting: 'model' }],
  examples: [
    ['pawl predict "A great film, funny and moving."', 'one text'],
    ['pawl predict --json < reviews.txt', 'one text a line'],
  ],
  async run({ args, workspace, out, stdin }) {
    const texts = args.length > 0 ? args : await linesOf(stdin);
    const { runtime, version } = await productionRuntime(workspace);
    try {
      const probabilities = await runtime.classify(texts);
      const answers = texts.map((text, i) => ({ text, ...answer(runtime, probabilities, i) }));
      const model = { name: workspace.config.model, version };
      out.result({ model, predictions: answers.map(({ text: _, ...rest }) => rest) }, () =>
        textTable(
          ['label', 'probability', 'text'],
          answers.map((a) => [a.label, share(a.probability), a.text.slice(0, 80)]),
          [1],
        ),
      );
      return 0;
    } finally {
      await runtime.release();
    }
  },
};

async function productionRuntime(workspace: Workspace): Promise<{ runtime: Runtime; version: number }> {
  const { model } = workspace.config;
  const { git } = workspace.forge();
  const tip = await workspace.forge().sync();
  const { manifest, production } = await verifyProduction({
    git,
    tip,
    model,
    keys: workspace.keys().trusted,
    now: workspace.clock(),
  });
  const of = {
    registry: new RegistryAt(git, tip),
    artifacts: workspace.artifacts(),
    model,
    version: production.version,
    manifest,
  };
  const files = new Map(
    await Promise.all(
      manifest.files
        .filter(({ path }) => isForRuntime(path))
        .map(async (f) => [f.path, await readVersionFile(of, f)] as const),
    ),
  );
  return {
    runtime: await workspace.openModel({ manifest, files }),
    version: production.version,
  };
}

function answer({ labels }: Runtime, probabilities: Float32Array, row: number) {
  const mine = probabilities.subarray(row * labels.length, (row + 1) * labels.length);
  let best = 0;
  for (let k = 1; k < mine.length; k++) if ((mine[k] as number) > (mine[best] as number)) best = k;
  const byLabel = Object.fromEntries(labels.map((label, k) => [label, mine[k] as number]));
  return { label: labels[best] as string, probability: mine[best] as number, probabilities: byLabel };
}

async function linesOf(stream: NodeJS.ReadableStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
    if (line !== '') lines.push(line);
  return lines;
}
