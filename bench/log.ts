import { catalogue, type EventType, type Fact } from '../events/catalogue.ts';
import { encodeFacts, type NewEvent } from '../events/envelope.ts';
import { type EventStore, NO_STREAM } from '../events/store.ts';
import { modelStream, runStream } from '../events/streams.ts';

// Made-up facts of realistic shape and mix, to be appended and replayed.

const META = { correlationId: 'bench', causationId: null, actor: 'bench', source: 'pawl/bench' };
const TIME = new Date('2026-01-01T00:00:00Z');
const NAMES = ['train/loss', 'train/accuracy', 'train/learning-rate', 'train/gradient-norm'];

export const metric = (step: number): Fact => ({
  type: 'MetricLogged',
  data: { name: NAMES[step % NAMES.length] as string, value: 1 / (step + 1), step },
});

export const encoded = (commandId: string, facts: readonly Fact[]): NewEvent[] =>
  encodeFacts({ ...META, commandId, time: TIME }, facts);

/** `n` batches of metrics, as a run's journal writes them. */
export const metricBatches = (n: number, size: number): Fact[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: size }, (_, k) => metric(i * size + k)));

/** A catalogue's example with some members replaced. The schema checks the members' types. */
const like = (type: EventType, over: Readonly<Record<string, unknown>> = {}): Fact =>
  ({ type, data: { ...(catalogue[type].example as object), ...over } }) as Fact;

const EVENTS_A_RUN = 1000;
const MODELS = 10;

/**
 * A log of runs, each proposed and merged: of 1,000 events 985 are metrics, 5 epochs, 6 the rest of a run, and 4 a promotion.
 *
 * @param events is rounded down to whole runs
 * @returns how many were written
 */
export async function writeLog(store: EventStore, events: number): Promise<number> {
  const revisions = new Map<string, number>();
  const append = async (stream: string, command: string, facts: readonly Fact[]) => {
    const expected = revisions.get(stream) ?? NO_STREAM;
    await store.append(stream, expected, encoded(command, facts));
    revisions.set(stream, expected + facts.length);
  };
  const runs = Math.floor(events / EVENTS_A_RUN);
  for (let run = 0; run < runs; run++) {
    const id = String(run).padStart(12, '0');
    const model = `model${run % MODELS}`;
    await append(runStream(id), `run-${id}`, runFacts(run, model));
    await append(modelStream(model), `promotion-${id}`, promotionFacts(id, 1 + Math.floor(run / MODELS)));
  }
  return runs * EVENTS_A_RUN;
}

function runFacts(run: number, model: string): Fact[] {
  const facts: Fact[] = [like('TrainingRunStarted', { model, seed: run }), like('DatasetPinned')];
  for (let step = 0; step < 985; step++) {
    facts.push(metric(step));
    if (step % 197 === 196) facts.push(like('EpochCompleted', { epoch: (step + 1) / 197, of: 5 }));
  }
  const artifacts = ['model.onnx', 'manifest.json'].map((role) => like('ArtifactStored', { role }));
  return [...facts, ...artifacts, like('ModelEvaluated'), like('TrainingRunCompleted')];
}

function promotionFacts(id: string, version: number): Fact[] {
  const ref = (number: number) => ({ version: number, manifest: `sha256:${String(number).padStart(64, '0')}` });
  const replaced = version > 1 ? ref(version - 1) : null;
  const candidate = ref(version);
  return [
    like('PromotionProposed', { promotionId: id, runId: id, candidate, baseline: replaced }),
    like('PullRequestOpened', { promotionId: id, number: version }),
    like('GateJudged', { promotionId: id }),
    like('PromotionMerged', { promotionId: id, candidate, replaced, number: version }),
  ];
}
