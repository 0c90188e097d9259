import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { f1Of, type Trained } from './model-row.ts';
import type { BenchOptions } from './options.ts';
import { inChild, measured } from './process.ts';

const CHILD = './models.child.js';

/** Another project's way to train; `needs` is the flag that has to be given, or null. */
export type PeerRow = {
  readonly name: string;
  readonly needs: string | null;
  readonly backend: string;
  readonly python: string | null;
  /** A script in `bench/`; it gets the reviews as JSON lines, the threads, and `args`. */
  readonly script: string;
  readonly args: readonly string[];
};

/** Other projects' ways to train, for the rows of the table. */
export function peerRows({ python, torch, weights, long }: BenchOptions): readonly PeerRow[] {
  const sklearn = (name: string, kind: string): PeerRow => ({
    name: `scikit-learn: ${name}`,
    needs: python === null ? '--python PYTHON, one that has scikit-learn' : null,
    ...{ backend: 'scikit-learn', python, script: 'models.sklearn.py', args: [kind] },
  });
  const pytorch = (name: string, script: string, needs: string | null, args: readonly string[] = []): PeerRow => ({
    name: `PyTorch: ${name}`,
    needs: torch === null ? '--torch PYTHON, one that has torch and transformers' : needs,
    ...{ backend: 'PyTorch', python: torch, script, args },
  });
  const slow = (minutes: string) => (long ? null : `--long, as it takes ${minutes}`);
  return [
    sklearn('TF-IDF of 1–2-grams and LinearSVC', 'tfidf'),
    sklearn('NB-SVM of 1–3-grams', 'nbsvm'),
    pytorch('the LSTM of rnn', 'models.torch-rnn.py', slow('many minutes')),
    pytorch(
      'the same fine-tuning as distilbert',
      'models.torch-distilbert.py',
      weights === null ? '--weights DIR' : slow('more than an hour'),
      weights === null ? [] : [weights],
    ),
  ];
}

/** The last line that a script prints; counts are `confusion[truth][predicted]`, in the order of the labels it was given. */
const Answer = z.strictObject({
  train: z.number(),
  cpu: z.number(),
  textsPerSecond: z.number(),
  confusion: z.array(z.array(z.int().min(0))),
});

type Place = { readonly folder: string; readonly threads: number };

export async function trainPeer(row: PeerRow, imdb: string, { folder, threads }: Place): Promise<Trained> {
  const { name, backend, python, args } = row;
  const script = fileURLToPath(new URL(`../../bench/${row.script}`, import.meta.url));
  if (!existsSync(script)) throw new Error(`${script} is missing: run the bench from the repository`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'rows.jsonl');
  const labels = (await inChild<string[]>(CHILD, 'rows', { imdb, folder, file })).answer;
  const given = [script, file, labels.join(','), String(threads), ...args];
  const { stdout, peakBytes } = await measured(python as string, given);
  const { confusion, ...figures } = Answer.parse(JSON.parse(stdout.trim().split('\n').at(-1) as string));
  return { name, backend, ...f1Of(labels, confusion), ...figures, modelBytes: null, peakBytes };
}
