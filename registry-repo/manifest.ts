import * as z from 'zod';
import { Preprocessor } from './runtime/preprocessor.ts';
import {
  Count,
  Counts,
  Digest,
  FileName,
  Instant,
  Label,
  Labels,
  MAX_LABELS,
  Name,
  ObjectId,
  RunId,
  Share,
} from './values.ts';

/** A file of a version: beside the manifest in the registry, or in the artifact store, always by digest. */
export const ManifestFile = z.strictObject({ path: FileName, digest: Digest, sizeBytes: Count });
export type ManifestFile = z.infer<typeof ManifestFile>;

const Tensor = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_.]{0,99}$/),
  type: z.enum(['float32', 'int32', 'int64']),
  shape: z.array(z.union([z.int().min(1), z.string().regex(/^[a-z]{1,20}$/)])).max(4),
});

/** The runtime turns logits into probabilities by softmax; a graph without this member gives probabilities. */
const Output = Tensor.extend({ values: z.enum(['probabilities', 'logits']).optional() });

const DataSplit = z.strictObject({ digest: Digest, rows: Count, labels: z.record(Label, Count) });

/**
 * `models/<model>/versions/<n>/manifest.json`: everything a candidate is and claims. Immutable; its digest is the
 * candidate's identity. It has no version number, so a run writes it before a promotion is decided.
 */
export const Manifest = z
  .strictObject({
    schema: z.literal('pawl.manifest/1'),
    model: Name,
    task: z.literal('text-classification'),
    labels: Labels,
    files: z.array(ManifestFile).min(1).max(50),
    preprocessor: Preprocessor,
    /** The graph's own inputs and output; the output is [batch, labels], each row a probability distribution, or logits. */
    contract: z.strictObject({ inputs: z.array(Tensor).min(1).max(4), output: Output }),
    run: z.strictObject({
      id: RunId,
      trainer: z.string().min(1).max(100),
      seed: z.int().min(0).max(0xffff_ffff),
      config: z.record(z.string().max(100), z.json()),
      code: z.strictObject({ commit: ObjectId.nullable(), dirty: z.boolean() }),
    }),
    /** The last event before the manifest was written: anchors the run's stream in the registry. */
    log: z.strictObject({ stream: z.string().max(100), revision: Count, hash: z.string().regex(/^[0-9a-f]{64}$/) }),
    data: z.strictObject({
      source: z.strictObject({ kind: z.string().min(1).max(50), location: z.string().max(1000) }),
      train: DataSplit,
      test: DataSplit,
    }),
    /**
     * Whether VNNI matters for the graph on x86, from the graph's own bytes: without it the model is slower, or wrong.
     * Left out where it makes no difference, and in manifests from before this was known.
     */
    processor: z.strictObject({ vnni: z.enum(['faster', 'needed']) }).optional(),
    /**
     * The pretrained model that training started from, if any: its place, the commit there, and the digest of all its
     * files.
     */
    pretrained: z
      .strictObject({ location: z.string().min(1).max(1000), revision: ObjectId.nullable(), digest: Digest })
      .optional(),
    /**
     * The run's own measurement on `data.test`. Shown beside the gate's, never trusted. Without counts if there are too
     * many.
     */
    claimed: z.strictObject({ confusion: Counts, f1: Share }),
    /** Made-up texts and this model's answers: a server repeats them before it answers with the version. */
    golden: z
      .array(z.strictObject({ text: z.string().max(2000), probabilities: z.array(Share).min(2).max(MAX_LABELS) }))
      .min(1)
      .max(32),
    createdAt: Instant,
  })
  .refine((m) => new Set(m.files.map((f) => f.path.toLowerCase())).size === m.files.length, 'a file is listed twice')
  .refine((m) => m.files.some((f) => f.path === MODEL_FILE), `files must list ${'model.onnx'}`);
export type Manifest = z.infer<typeof Manifest>;

export const MODEL_FILE = 'model.onnx';

/**
 * `leakKey`s of the training rows (`printRowKeys`; earlier versions have `rowKey`s). With them the gate finds
 * evaluation rows among the training rows.
 */
export const TRAINING_ROWS_FILE = 'training-rows.bin';

/** Markdown for people, shown by forges. */
export const CARD_FILE = 'README.md';

/**
 * Plots for people: metrics by epoch, precision against recall, predicted against true shares. Any of them may be
 * missing.
 */
export const HISTORY_FILE = 'history.svg';
export const PRECISION_RECALL_FILE = 'precision-recall.svg';
export const CALIBRATION_FILE = 'calibration.svg';
export const PLOT_FILES: readonly string[] = [HISTORY_FILE, PRECISION_RECALL_FILE, CALIBRATION_FILE];

/** A signed note on the log's size and root at the time of the proposal (C2SP tlog-checkpoint). */
export const CHECKPOINT_FILE = 'checkpoint';

export const MANIFEST_FILE = 'manifest.json';

const NOT_FOR_RUNTIME = new Set([CARD_FILE, CHECKPOINT_FILE, TRAINING_ROWS_FILE, ...PLOT_FILES]);

/** Whether answering may need a version's file. The others are for people and gates, and no runtime gets them. */
export const isForRuntime = (path: string): boolean => !NOT_FOR_RUNTIME.has(path);

export const versionFolder = (model: string, version: number): string => `models/${model}/versions/${version}`;
export const manifestPath = (model: string, version: number): string =>
  `${versionFolder(model, version)}/${MANIFEST_FILE}`;
