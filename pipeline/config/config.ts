import * as z from 'zod';
import { ModelPolicy } from '../../registry-repo/policy.ts';
import { Name } from '../../registry-repo/values.ts';
import { ServerOptions } from '../../server/options.ts';
import { DataOptions } from '../data/options.ts';
import type { Trainer } from '../training/trainer.ts';
import { trainers } from '../training/trainers.ts';
import { settingsOf } from './settings.ts';

const Path = z.string().min(1).max(4000);

/** One branch a trainer, so that each trainer's own settings are checked. */
const Training = z.discriminatedUnion('trainer', trainers.map(trainingWith) as [ReturnType<typeof trainingWith>]);

function trainingWith(trainer: Trainer) {
  return z.strictObject({
    trainer: z.literal(trainer.name).describe('How to train'),
    seed: z
      .int()
      .min(0)
      .max(0xffff_ffff)
      .default(1)
      .describe('With the same data and settings, the same seed gives the same bytes'),
    workers: z.int().min(0).max(256).default(0).describe('Threads to train with; 0 for one a processor'),
    config: trainer.config.prefault({}) as z.ZodType<Record<string, unknown>, Record<string, unknown> | undefined>,
  });
}

/** What a new registry starts with; afterwards `gate.json` on its main branch counts, and nothing else. */
const InitialPolicy = z.strictObject({
  average: ModelPolicy.shape.average
    .nullable()
    .default(null)
    .describe('F1 average; null takes binary for two labels, else macro'),
  positive: z
    .string()
    .min(1)
    .max(200)
    .nullable()
    .default(null)
    .describe('Label that binary F1 looks at; null takes the last one'),
  minimum: z.number().min(0).max(1).default(0.85).describe('Lowest F1 of a first version'),
  margin: z.number().min(0).max(1).default(0).describe('What later versions must gain on the one before'),
  modelMegabytes: z.int().min(1).max(2000).default(200).describe('Largest model'),
  treeMegabytes: z
    .number()
    .min(0)
    .max(90)
    .default(10)
    .describe('Larger files stay in the artifact store, out of the git tree'),
  scoreSeconds: z.int().min(1).max(86_400).default(600).describe('Time for one scoring of candidate and baseline'),
  scoreMegabytes: z.int().min(128).max(1_000_000).default(2048).describe('Memory for one scoring'),
  minimumRows: z.int().min(1).default(100).describe('Evaluation rows without which no F1 means anything'),
  minimumRowsPerLabel: z.int().min(1).default(10).describe('The same for each label'),
  leakedShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('Share of evaluation rows that may be among the training rows'),
});

/** Everything that can be set: `pawl.yaml`, `PAWL_…` variables and flags, in that order. Paths are relative to the file's folder. */
export const Config = z.strictObject({
  model: Name.default('sentiment').describe('Name of the model to train and serve'),
  data: DataOptions.prefault({ kind: 'sample' }).describe('Where labelled texts come from'),
  training: Training.prefault({ trainer: 'nbsvm', config: {} }),
  events: z
    .strictObject({
      store: z.literal('sqlite').default('sqlite').describe('Where the event log is kept'),
      path: Path.default('.pawl/events.db').describe('The log’s file'),
      views: Path.default('.pawl/views.db').describe('Tables derived from the log; may be deleted'),
    })
    .prefault({}),
  artifacts: z
    .strictObject({
      store: z.literal('local').default('local').describe('Where models and data sets are kept'),
      path: Path.default('.pawl/artifacts').describe('The store’s folder'),
      graceDays: z
        .number()
        .min(0)
        .max(3650)
        .default(14)
        .describe('How long `pawl artifacts gc` spares what nothing refers to'),
    })
    .prefault({}),
  registry: z
    .strictObject({
      forge: z.literal('local').default('local').describe('What hosts the registry and its pull requests'),
      path: Path.default('.pawl/registry.git').describe('The registry’s bare repository'),
      evaluation: Name.nullable().default(null).describe('Name of the pinned evaluation set; null takes <model>-test'),
      author: z
        .strictObject({
          name: z.string().min(1).max(200).default('Pawl').describe('Who commits to the registry'),
          email: z.string().min(3).max(200).default('pawl@localhost').describe('and their address'),
        })
        .prefault({}),
    })
    .prefault({}),
  policy: InitialPolicy.prefault({}),
  keys: z
    .strictObject({
      path: Path.default('.pawl/keys').describe('Private keys of gate and log, and the public keys to trust'),
    })
    .prefault({}),
  cache: z.strictObject({ path: Path.default('.pawl/cache').describe('Downloads; may be deleted') }).prefault({}),
  watch: z
    .strictObject({
      repository: Path.nullable().default(null).describe('Training repository whose pushes start runs'),
      branch: z.string().min(1).max(300).default('main').describe('Branch to follow'),
      paths: z.array(z.string().min(1).max(500)).default([]).describe('Only commits that touch these; empty for all'),
      everySeconds: z.number().min(0.1).max(86_400).default(5).describe('How often to look'),
      promote: z.boolean().default(true).describe('Propose what a run offers for promotion'),
    })
    .prefault({}),
  server: ServerOptions.prefault({}),
});
export type Config = z.infer<typeof Config>;

/** Every setting with its path, variable, default and description. */
export const settings = settingsOf(Config);
