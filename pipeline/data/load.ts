import { normalForm } from '../../registry-repo/normal-form.ts';
import type { Row } from '../../registry-repo/rows.ts';
import { MAX_LABELS } from '../../registry-repo/values.ts';
import { breathe } from '../breathe.ts';
import { endable } from '../endable.ts';
import { DataError } from '../errors.ts';
import { type Collected, collect, type LoadContext } from './collect.ts';
import { inCanonicalOrder } from './digest.ts';
import { factsOf, type SplitFacts } from './facts.ts';
import { type Leakage, leakage } from './leak.ts';
import { countNear } from './near.ts';
import type { DataOptions } from './options.ts';
import { Problems, shown } from './problems.ts';
import type { Source } from './source.ts';
import { sourceOf } from './sources.ts';
import { splitOf } from './split.ts';
import { loadUnlabelled, type UnlabelledFacts } from './unlabelled.ts';

/** What a run records about its data: the payload of DatasetPinned. */
export type DatasetFacts = {
  readonly source: { readonly kind: string; readonly location: string };
  readonly labels: string[];
  readonly splits: { readonly train: SplitFacts; readonly test: SplitFacts };
  readonly leakage: Leakage;
  /** Null if none were wanted. */
  readonly unlabelled: UnlabelledFacts | null;
};

/**
 * Rows for training and for measuring, each split in canonical order: the digests in `facts` are those of these arrays,
 * whatever order the rows were read in.
 */
export type Dataset = {
  readonly train: readonly Row[];
  readonly test: readonly Row[];
  readonly facts: DatasetFacts;
  /** Texts without labels, none of them a test row’s. */
  readonly unlabelled: readonly string[];
  /** `printRowKeys` of the training texts; null if it is not known what a model was trained on. */
  readonly trainKeys: Uint8Array | null;
};

/**
 * Reads, checks, splits and pins a data set. It writes only to the download cache.
 *
 * @param wants whether to read texts without labels, if there are any; whether to count rows that nearly leak
 * @throws {DataError} naming everything that is wrong with the data
 * @throws {DownloadError} if it has to be fetched and cannot
 */
export async function loadDataset(
  options: DataOptions,
  context: LoadContext,
  wants: { readonly unlabelled?: boolean; readonly near?: boolean } = {},
): Promise<Dataset> {
  const source = sourceOf(options);
  const wanted = 'labels' in options ? options.labels : null;
  const collected = await collect(source, wanted, context);
  const labels = wanted ?? labelsOf(collected);
  const next = () => breathe(context.signal);
  const step = <T>(work: () => T) => endable(context.signal, work);
  const splits = await step(() => heldOut(divide(collected, options), options.holdOut));
  await step(() => checkSplits(splits, { labels, given: wanted !== null }, source, adviceFor(options)));
  const train = await step(() => inCanonicalOrder(splits.train));
  const test = await step(() => inCanonicalOrder(splits.test));
  const { facts, keys } = await step(() => factsOf(train, labels));
  const { facts: testFacts } = await step(() => factsOf(test, labels));
  const more = wants.unlabelled && options.unlabelled ? await loadUnlabelled(options.unlabelled, test, context) : null;
  const { told, others } = await step(() => leakage(test, keys));
  const texts = (rows: readonly Row[]) => rows.map(({ text }) => text);
  const share = options.nearShare;
  const near = wants.near ? { near: { share, rows: await countNear(texts(others), texts(train), share, next) } } : {};
  return {
    train,
    test,
    unlabelled: more?.texts ?? [],
    trainKeys: keys,
    facts: {
      source: { kind: source.kind, location: source.location },
      labels: [...labels],
      splits: { train: facts, test: testFacts },
      leakage: { ...told, ...near },
      unlabelled: more?.facts ?? null,
    },
  };
}

/** Rows to measure a model on. */
export type LabelledRows = {
  readonly source: { readonly kind: string; readonly location: string };
  readonly rows: readonly Row[];
  /** Where each row says it came from; null if that was not wanted. */
  readonly origins: readonly string[] | null;
  readonly facts: SplitFacts;
};

/**
 * Reads rows for a model that knows `labels`: the test split if the source has one, else all rows.
 *
 * @throws {DataError} also for a label that the model does not know
 */
export async function loadRows(
  options: DataOptions,
  labels: readonly string[],
  context: LoadContext,
): Promise<LabelledRows> {
  const source = sourceOf(options);
  const collected = await collect(source, labels, context);
  const step = <T>(work: () => T) => endable(context.signal, work);
  const hasTest = collected.some(({ split }) => split === 'test');
  const wanted = collected.filter(({ split }) => !hasTest || split === 'test').map(({ row }) => row);
  const rows = await step(() => inCanonicalOrder(wanted));
  if (rows.length === 0) throw new DataError([{ file: source.location, line: null, message: NO_ROWS }]);
  const { facts } = await step(() => factsOf(rows, labels));
  const from = new Map(collected.map(({ row, origin }) => [row, origin ?? '']));
  const asked = 'source' in options && options.source !== null;
  return {
    source: { kind: source.kind, location: source.location },
    rows,
    origins: asked ? rows.map((row) => from.get(row) as string) : null,
    facts,
  };
}

/**
 * Reads rows to measure a model that was trained elsewhere, on unknown rows.
 *
 * @param labels the model's, in the order of its outputs @throws {DataError} also for a label that the model does not
 *   know
 */
export async function loadForeign(
  options: DataOptions,
  labels: readonly string[],
  context: LoadContext,
): Promise<Dataset> {
  const { source, rows, facts } = await loadRows(options, labels, context);
  const message = tooMuch(labels);
  if (message) throw new DataError([{ file: source.location, line: null, message }]);
  const none = factsOf([], labels).facts;
  const nothing = { rows: 0, examples: [] };
  const splits = { train: none, test: facts };
  const foreign = { source, labels: [...labels], splits, leakage: nothing, unlabelled: null };
  return { train: [], test: rows, unlabelled: [], trainKeys: null, facts: foreign };
}

type Splits = { readonly train: Row[]; readonly test: Row[] };

function divide(collected: readonly Collected[], options: DataOptions): Splits {
  const splits: Splits = { train: [], test: [] };
  const byHash = (text: string) =>
    'testShare' in options ? splitOf(text, options.testShare, options.splitSeed) : 'train';
  for (const { row, split } of collected) splits[split ?? byHash(row.text)].push(row);
  return splits;
}

/** Different from every `splitSeed`, so that two splits of the same rows are independent. */
const HOLD_OUT_SEED = 0xffff_ffff + 1;

/** Splits the training rows again; the test rows are dropped. */
function heldOut(splits: Splits, share: number): Splits {
  if (share === 0) return splits;
  const side = (row: Row) => splitOf(row.text, share, HOLD_OUT_SEED);
  return {
    train: splits.train.filter((row) => side(row) === 'train'),
    test: splits.train.filter((row) => side(row) === 'test'),
  };
}

/** Sorted by code point, so that of two labels `neg` and `pos` the second is the positive one. */
function labelsOf(collected: readonly Collected[]): string[] {
  const found = new Set(collected.map(({ row }) => row.label));
  return [...found].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const NO_ROWS = 'there are no rows';
/** The most bytes of all labels together: a manifest holds them three times, and has a maximum size. */
const MOST_LABEL_BYTES = 100_000;

/** Why a manifest cannot hold these labels, or null. */
function tooMuch(labels: readonly string[]): string | null {
  if (labels.length > MAX_LABELS)
    return `${labels.length} different labels, ${MAX_LABELS} at most: are text and label swapped?`;
  const bytes = Buffer.byteLength(labels.join(''));
  return bytes > MOST_LABEL_BYTES
    ? `the labels have ${bytes} bytes together, ${MOST_LABEL_BYTES} at most: shorten them`
    : null;
}

/** Names labels that differ only in case, width or blanks, as after a slip; null if there are none. */
function alike(labels: readonly string[]): string | null {
  const folded = new Map<string, string>();
  for (const label of labels) {
    const key = normalForm(label, 'NFKC').toLowerCase().replace(/\s+/g, ' ');
    const other = folded.get(key);
    if (other !== undefined)
      return `the labels ${shown(other)} and ${shown(label)} differ only in case, width or blanks: write them alike, or list every label in data.labels if they are two`;
    folded.set(key, label);
  }
  return null;
}

/** What to do if one side of a split has no rows. */
function adviceFor(options: DataOptions): string {
  if (options.holdOut > 0)
    return 'give more rows, or another share to hold out (data.holdOut; for a sweep its validationShare)';
  return 'path' in options && options.path !== null
    ? 'give more rows, another data.testShare, or both data.train and data.test'
    : 'give rows for both';
}

/** What makes a data set unusable although each of its rows is good. */
function checkSplits(
  { train, test }: Splits,
  { labels, given }: { readonly labels: readonly string[]; readonly given: boolean },
  { location }: Source,
  advice: string,
): void {
  const problems = new Problems();
  const wrong = (message: string) => problems.add({ file: location, line: null, message });
  const [inTrain, inTest] = [train, test].map((rows) => new Set(rows.map(({ label }) => label))) as [
    Set<string>,
    Set<string>,
  ];
  const all = labels.slice(0, 10).map(shown).join(', ');
  if (train.length + test.length === 0) wrong(NO_ROWS);
  else if (tooMuch(labels)) wrong(tooMuch(labels) as string);
  else if (!given && alike(labels)) wrong(alike(labels) as string);
  else if (labels.length < 2) wrong(`every row has the label ${all}: a model needs rows of at least two`);
  else if (train.length === 0 || test.length === 0)
    wrong(`no row for the ${train.length === 0 ? 'training' : 'test'} split: ${advice}`);
  else
    for (const label of labels.filter((name) => !inTrain.has(name)))
      wrong(
        `no training row with the label ${shown(label)}${inTest.has(label) ? ', but test rows' : ''}: add some, or leave the label out`,
      );
  problems.throwIfAny();
}
