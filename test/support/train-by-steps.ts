import { writeSync } from 'node:fs';
import { DistilbertConfig } from '../../pipeline/training/distilbert/config.ts';
import { learn as fineTune } from '../../pipeline/training/distilbert/train.ts';
import { RnnConfig } from '../../pipeline/training/rnn/config.ts';
import { learn as learnRnn } from '../../pipeline/training/rnn/train.ts';
import type { TrainingContext } from '../../pipeline/training/trainer.ts';
import { writeSafetensors } from '../../pipeline/training/transformer/safetensors-writer.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import { LABELS, rowsFor } from './models.ts';
import { trainingContext } from './training-context.ts';

// A training in a process of its own, to be killed. Prints a line at every step, and the digest of what it has learnt.

const trainers = {
  distilbert: (context: TrainingContext, config: unknown) => fineTune(context, DistilbertConfig.parse(config)),
  rnn: (context: TrainingContext, config: unknown) => learnRnn(context, RnnConfig.parse(config)),
};

const [trainer, folder, settings] = process.argv.slice(2) as [keyof typeof trainers, string, string];
const say = (line: string) => writeSync(1, `${line}\n`);
const context = trainingContext({
  rows: rowsFor('train', 2),
  labels: LABELS,
  folders: { config: folder, cache: folder, checkpoints: folder },
  report: { metric: () => {}, epoch: () => {}, progress: (stage, done) => stage === 'training' && say(`step ${done}`) },
});
const { parameters } = await trainers[trainer](context, JSON.parse(settings));
say(`digest ${digestOf(writeSafetensors(parameters))}`);
