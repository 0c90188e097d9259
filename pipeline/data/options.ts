import * as z from 'zod';
import { Label, Labels } from '../../registry-repo/values.ts';
import { webAddress } from '../web-address.ts';

// The `data:` section of `pawl.yaml`. Every key has a default and a description, so that a JSON Schema and a settings table
// can be made from it.

const Path = z.string().min(1).max(4000);
const Share = z.number().gt(0).lt(1);
const Seed = z.int().min(0).max(0xffff_ffff);

/** Keys of every source. */
const more = {
  unlabelled: Path.nullable()
    .default(null)
    .describe(
      'Texts without labels, for trainers that learn from them too: a file (`.txt`, `.jsonl`, `.csv`), a folder of `.txt` files, or the archive of the film reviews',
    ),
  holdOut: z
    .number()
    .min(0)
    .max(0.5)
    .default(0)
    .describe(
      'Share of the training rows to hold out and measure on instead of the test rows, as sweeps do; a hash of each text decides',
    ),
  nearShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe(
      'Pawl counts test rows that share this much of their word 3-grams with a training row (Jaccard), and warns; unrelated texts share less than 0.2',
    ),
};

/** Keys of every source that reads files of the user's own. */
const files = {
  path: Path.nullable().default(null).describe('Where all rows are; a hash of each text decides its split'),
  train: Path.nullable().default(null).describe('Where the training rows are, together with `test` instead of `path`'),
  test: Path.nullable().default(null).describe('Where the test rows are, together with `train`'),
  testShare: Share.default(0.2).describe('Expected share of rows in the test split, if the hash decides'),
  splitSeed: Seed.default(0).describe('Another seed draws another split'),
  labels: Labels.nullable()
    .default(null)
    .describe('All possible labels, in the order of the model’s outputs; null takes the labels in the data, sorted'),
};

type Files = { path: string | null; train: string | null; test: string | null };
const isPlaced = ({ path, train, test }: Files): boolean =>
  path === null ? train !== null && test !== null : train === null && test === null;
const UNPLACED = { path: ['path'], message: 'give either path, or both train and test' };

const Source = Label.nullable()
  .default(null)
  .describe('Column or key that says where a row came from: `pawl evaluate` then has a slice for each source');

const Sample = z.strictObject({
  kind: z.literal('sample').describe('What kind of source the rows come from'),
  seed: Seed.default(1).describe('Another seed writes another corpus'),
  train: z
    .int()
    .min(2)
    .max(10_000_000)
    .default(6000)
    .describe('Training rows; a smaller number gives the first rows of a larger one'),
  test: z.int().min(2).max(10_000_000).default(2000).describe('Test rows; they do not depend on `train`'),
  difficulty: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('How much negation, sarcasm and mixed feeling there is, from 0 (plain) to 1 (hard to tell)'),
  noise: z.number().min(0).max(0.5).default(0.02).describe('Share of rows with the wrong label, in both splits'),
  mislabelled: z
    .number()
    .min(0)
    .max(0.5)
    .default(0)
    .describe('Share of training rows that get a wrong label in addition, as after careless annotation'),
  ...more,
});

/** Where the film reviews are published. */
export const DEFAULT_ADDRESS = 'https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz';

const Imdb = z.strictObject({
  kind: z.literal('imdb').describe('What kind of source the rows come from'),
  path: Path.nullable()
    .default(null)
    .describe('A local copy: the archive, or a folder with `train/pos` etc.; null downloads the archive once'),
  url: webAddress('download the file by hand, and set data.path to it')
    .default(DEFAULT_ADDRESS)
    .describe('Where to download it from; a mirror must serve exactly the same bytes'),
  ...more,
});

const Csv = z.strictObject({
  kind: z.literal('csv').describe('What kind of source the rows come from'),
  ...files,
  header: z
    .boolean()
    .default(true)
    .describe('Whether the first line names the columns; without it, columns are given by number, such as `"1"`'),
  text: Label.default('text').describe('Name of the column with the texts'),
  label: Label.default('label').describe('Name of the column with the labels'),
  source: Source,
  delimiter: z
    .string()
    .length(1)
    .regex(/^[^\r\n"]$/)
    .nullable()
    .default(null)
    .describe(
      'Separator of columns; null means what a first line such as `sep=;` says, else a tab in `.tsv` and `.tab` files, otherwise a comma',
    ),
  quote: z
    .enum(['"', "'", ''])
    .default('"')
    .describe(
      'Quote around fields that contain delimiters or line ends; doubled inside a field; empty if quotes have no meaning',
    ),
  ...more,
});

const Jsonl = z.strictObject({
  kind: z.literal('jsonl').describe('What kind of source the rows come from'),
  ...files,
  text: Label.default('text').describe('Key of the text'),
  label: Label.default('label').describe('Key of the label'),
  source: Source,
  ...more,
});

const Folder = z.strictObject({
  kind: z.literal('folder').describe('What kind of source the rows come from'),
  ...files,
  ...more,
});

/** Where the rows come from. */
export const DataOptions = z.discriminatedUnion('kind', [
  Sample,
  Imdb,
  Csv.refine(isPlaced, UNPLACED),
  Jsonl.refine(isPlaced, UNPLACED),
  Folder.refine(isPlaced, UNPLACED),
]);
export type DataOptions = z.infer<typeof DataOptions>;
/** The options of one kind of source. */
export type OptionsOf<K extends DataOptions['kind']> = Extract<DataOptions, { kind: K }>;
/** The name of every kind. */
export const DATA_KINDS = [
  'sample',
  'imdb',
  'csv',
  'jsonl',
  'folder',
] as const satisfies readonly DataOptions['kind'][];
