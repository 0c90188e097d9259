import type { EventData } from '../../events/catalogue.ts';
import { measureName } from '../../registry-repo/averaging.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import { type Averaging, f1 } from '../../registry-repo/f1.ts';
import { printFile } from '../../registry-repo/file.ts';
import { toNumber } from '../../registry-repo/fraction.ts';
import { CARD_FILE, Manifest, MODEL_FILE, TRAINING_ROWS_FILE } from '../../registry-repo/manifest.ts';
import { needsOf } from '../../registry-repo/runtime/byte-sums.ts';
import { storedCounts } from '../../registry-repo/stored-counts.ts';
import type { Confusion, Counts } from '../../registry-repo/values.ts';
import type { Dataset } from '../data/load.ts';
import { endable } from '../endable.ts';
import { AnswerCounts } from '../evaluation/answer-counts.ts';
import { countPredictions } from '../evaluation/counts.ts';
import { metricsOf } from '../evaluation/metrics.ts';
import { probabilityMetrics } from '../evaluation/probabilities.ts';
import type { Series } from '../plots/history.ts';
import { modelCard } from './card.ts';
import { goldenAnswers } from './golden.ts';
import type { RunJournal } from './journal.ts';
import { metricName } from './metric-names.ts';
import { plotFiles } from './plots.ts';
import type { RunPorts, RunRequest } from './request.ts';
import type { TrainedModel } from './trainer.ts';

/** What a run offers for promotion: stored files, described by a manifest whose digest is its name. */
export type Candidate = {
  readonly manifest: Manifest;
  readonly ref: EventData<'TrainingRunCompleted'>['candidate'];
};

type Trained = {
  readonly runId: string;
  readonly dataset: Dataset;
  readonly journal: RunJournal;
  readonly trained: TrainedModel;
  /** What the trainer reported. */
  readonly history: readonly Series[];
  readonly anchor: Manifest['log'];
  readonly averaging: Averaging;
};

/**
 * Measures the exported bytes (not the trainer's own model), stores every file, and writes the manifest last.
 *
 * @throws {ModelRefusedError} if the exported model does not run
 */
export async function packCandidate(ports: RunPorts, request: RunRequest, stage: Trained): Promise<Candidate> {
  const { trained, dataset, journal } = stage;
  const measured = await measure(ports, request, stage);
  const rowKeys = dataset.trainKeys ? [{ path: TRAINING_ROWS_FILE, bytes: dataset.trainKeys }] : [];
  const described = describe(ports, request, stage, measured);
  const card = { path: CARD_FILE, bytes: Buffer.from(modelCard(described)) };
  const stored = async ({ path, bytes }: { readonly path: string; readonly bytes: Uint8Array }) => {
    return { path, digest: await ports.artifacts.put(bytes), sizeBytes: bytes.length };
  };
  const called = { trainer: request.trainer.name, measure: measureName(stage.averaging) };
  const history = stage.history.map((series) => ({ ...series, name: metricName(series.name, called) }));
  const plots = await endable(ports.signal, () => plotFiles(history, measured.answers));
  const files = await Promise.all([...trained.files, ...rowKeys, card, ...plots].map(stored));
  const records = await Promise.all((trained.records ?? []).map(stored));
  const manifest = Manifest.parse({ ...described, files });
  const text = Buffer.from(printFile(manifest));
  const digest = await ports.artifacts.put(text);
  for (const { path, digest: bytes, sizeBytes } of [
    ...files,
    ...records,
    { path: 'manifest.json', digest, sizeBytes: text.length },
  ])
    journal.record({
      type: 'ArtifactStored',
      data: { role: path, digest: bytes, sizeBytes, mediaType: mediaType(path) },
    });
  const model = files.find((f) => f.path === MODEL_FILE) as (typeof files)[number];
  return {
    manifest,
    ref: { manifest: digest, model: model.digest, sizeBytes: files.reduce((sum, f) => sum + f.sizeBytes, 0) },
  };
}

type Measured = {
  readonly confusion: Confusion;
  readonly f1: number;
  readonly golden: Manifest['golden'];
  readonly answers: AnswerCounts;
};

async function measure(
  { clock, progress, openModel, signal }: RunPorts,
  { workers }: RunRequest,
  { dataset, trained, journal, averaging }: Trained,
): Promise<Measured> {
  const { labels, splits } = dataset.facts;
  const started = clock();
  const manifest = { labels: [...labels], preprocessor: trained.preprocessor, contract: trained.contract };
  const bytes = new Map(trained.files.map((f) => [f.path, f.bytes]));
  const runtime = await openModel({ manifest, files: bytes }, { threads: workers });
  try {
    const golden = await goldenAnswers(runtime);
    const answers = new AnswerCounts(labels, labels.length === 2 ? averaging.positive : null);
    const truth = new Int32Array(dataset.test.length);
    const probabilities = new Float32Array(dataset.test.length * labels.length);
    const { confusion } = await countPredictions(
      runtime,
      dataset.test,
      (done, of) => progress.update('evaluating', done, of),
      (answered) => {
        answers.add(answered);
        truth[answered.row] = answered.truth;
        probabilities.set(answered.probabilities, answered.row * labels.length);
      },
    );
    const share = toNumber(f1(labels, confusion, averaging));
    const model = digestOf(bytes.get(MODEL_FILE) as Uint8Array);
    const durationMs = Math.max(0, clock().getTime() - started.getTime());
    journal.record({
      type: 'ModelEvaluated',
      data: {
        model,
        dataset: splits.test.digest,
        split: 'test',
        labels: [...labels],
        confusion: storedCounts(confusion),
        f1: share,
        durationMs,
      },
    });
    const figures = await endable(signal, () => ({
      ...metricsOf(labels, confusion, averaging.positive),
      ...probabilityMetrics({ truth, probabilities, labels: labels.length }),
    }));
    for (const [name, value] of Object.entries(figures))
      if (!name.endsWith(']')) journal.record({ type: 'MetricLogged', data: { name: `test/${name}`, value, step: 0 } });
    return { confusion, f1: share, golden, answers };
  } finally {
    await runtime.release();
  }
}

function describe(
  { clock }: RunPorts,
  request: RunRequest,
  stage: Trained,
  { confusion, f1: share, golden }: Measured,
): Omit<Manifest, 'files'> {
  const { dataset, trained, runId, anchor } = stage;
  const { source, labels, splits } = dataset.facts;
  const processor = needsOf(trained.files.find(({ path }) => path === MODEL_FILE)?.bytes ?? new Uint8Array(0));
  const split = ({ digest, rows, labels: counts }: (typeof splits)['train']) => ({ digest, rows, labels: counts });
  return {
    schema: 'pawl.manifest/1',
    model: request.model,
    task: 'text-classification',
    labels: [...labels],
    preprocessor: trained.preprocessor,
    contract: trained.contract,
    run: {
      id: runId,
      trainer: request.trainer.name,
      seed: request.seed,
      config: JSON.parse(JSON.stringify(request.config)),
      code: request.code,
    },
    log: anchor,
    data: { source, train: split(splits.train), test: split(splits.test) },
    ...(processor && { processor }),
    ...(trained.pretrained && { pretrained: trained.pretrained }),
    claimed: { confusion: claimable(confusion), f1: share },
    golden,
    createdAt: clock().toISOString(),
  };
}

/**
 * The largest manifest: people read it in a pull request. 1,000 labels with their rows, answers and counts stay below
 * 200 kB.
 */
const MOST_CLAIMED_BYTES = 60_000;

/** Counts as a manifest claims them; none if they are too many: the run's own event has them all. */
function claimable(confusion: Confusion): Counts {
  const counts = storedCounts(confusion);
  return 'sparse' in counts && JSON.stringify(counts).length > MOST_CLAIMED_BYTES ? [] : counts;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  onnx: 'application/onnx',
  json: 'application/json',
  md: 'text/markdown',
  txt: 'text/plain',
  svg: 'image/svg+xml',
  bin: 'application/octet-stream',
};

const mediaType = (path: string): string => MEDIA_TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
