import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rnn } from '../../../../pipeline/training/rnn/rnn.ts';
import { learn } from '../../../../pipeline/training/rnn/train.ts';
import type { Report } from '../../../../pipeline/training/trainer.ts';
import { writeSafetensors } from '../../../../pipeline/training/transformer/safetensors-writer.ts';
import { digestOf } from '../../../../registry-repo/digest.ts';
import { LABELS, rowsFor } from '../../../support/models.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { trainingContext } from '../../../support/training-context.ts';

// A checkpoint that was damaged is none: the training begins anew, and ends as it would have.

const config = rnn.config.parse({
  ...{ backend: 'wasm', maxLength: 16, batch: 8, epochs: 3, learningRate: 0.02, validationShare: 0.2, patience: 0 },
  ...{ vocabulary: 200, embedding: 8, hidden: 6, checkpointSeconds: 1000 },
});

async function train(checkpoints: string, stopAt: number | null): Promise<{ digest: string | null; resumed: number }> {
  const stop = new AbortController();
  let resumed = 0;
  const report: Report = {
    metric: (name, value) => {
      if (name === 'stepsResumed') resumed = value;
    },
    epoch: () => {},
    progress: (stage, done) => stage === 'training' && done === stopAt && stop.abort('stopped'),
  };
  const folders = { config: checkpoints, cache: checkpoints, checkpoints };
  const context = trainingContext({
    ...{ rows: rowsFor('train', 2), labels: LABELS, folders, report, signal: stop.signal },
  });
  const learnt = await learn(context, config).catch((reason) => {
    if (reason !== 'stopped') throw reason;
    return null;
  });
  return { digest: learnt && digestOf(writeSafetensors(learnt.parameters)), resumed };
}

const s = suite('a checkpoint');

const damages: Readonly<Record<string, (file: string) => void>> = {
  'cut off': (file) => truncateSync(file, 1000),
  empty: (file) => truncateSync(file, 0),
  'of other bytes': (file) => writeFileSync(file, readFileSync(file).fill(7, 0, 500)),
};

for (const which of ['state', 'best'])
  for (const [what, damage] of Object.entries(damages))
    s(`whose ${which} is ${what} is not taken up, and does no harm`, async () => {
      const expected = (await train(temporaryFolder(), null)).digest;
      const folder = temporaryFolder();
      assert.is((await train(folder, 9)).digest, null);
      const file = readdirSync(folder).find((name) => name.startsWith(which)) as string;
      damage(join(folder, file));
      const { digest, resumed } = await train(folder, null);
      assert.is(resumed, 0);
      assert.is(digest, expected);
      assert.not(existsSync(folder));
    });

s('that is whole is taken up', async () => {
  const folder = temporaryFolder();
  await train(folder, 9);
  assert.is((await train(folder, null)).resumed, 9);
});

s.run();
