import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelRefusedError, ProcessorLacksVnniError, RegistryError } from '../errors.ts';
import { answer, noCounts } from '../evaluation.ts';
import { parseFile } from '../file.ts';
import type { Latency, Measured } from '../judge/evidence.ts';
import { arranged, errored, type Finding, failed } from '../judge/finding.ts';
import { MANIFEST_FILE, Manifest, MODEL_FILE } from '../manifest.ts';
import { scanOnnx } from '../onnx-scan/scan.ts';
import { gotNoMemory } from '../out-of-memory.ts';
import { parseRows } from '../rows.ts';
import type { Load, Runtime } from '../runtime/runtime.ts';
import { MAX_SLICED_LABELS, noSliceCounts, sliceByLength, slicesOf } from '../slices.ts';
import { compareLatency } from './latency.ts';
import { NEIGHBOUR_TOLERANCE, Neighbours, shuffled } from './neighbours.ts';
import { LEAKED, ROWS } from './score.ts';

/** A model must not be scored; `which` names it. */
export class SideRefusedError extends RegistryError {
  readonly code = 'model_refused';
  readonly which: 'candidate' | 'baseline';
  readonly findings: readonly Finding[];
  constructor(which: SideRefusedError['which'], findings: readonly Finding[], options?: ErrorOptions) {
    super(`the ${which} is refused: ${findings[0]?.message ?? ''}`, options);
    this.which = which;
    this.findings = findings;
  }
}

/** Error codes of a machine in trouble when a file is read. A missing file is the model's own fault. */
const MACHINE: ReadonlySet<string> = new Set(['EIO', 'ENOMEM', 'EMFILE', 'ENFILE', 'EACCES', 'EPERM']);

/** No model is at fault: the engine could not be loaded, or the system does not give the files. Nothing was scored. */
export class EngineError extends RegistryError {
  readonly code = 'score_engine';
}

type Options = {
  /** Whether both models are timed. */
  readonly latency?: boolean | undefined;
  /** Threads for counting; timing takes one. */
  readonly threads?: number;
};

/**
 * Measures both models of a folder ({@link ScoreTask}) on the same rows. The baseline is first, so that its numbers are
 * complete before any of the candidate's code runs. Leaked rows are counted apart and nowhere else. Both models are
 * timed at the end, and only on request.
 *
 * @throws {SideRefusedError} {EngineError}
 */
export async function scoreModels(
  folder: string,
  load: Load,
  { latency = false, threads = 1 }: Options = {},
): Promise<Measured> {
  const bytes = readFileSync(join(folder, ROWS));
  const rows = parseRows(bytes);
  const texts = rows.map((row) => row.text);
  const leaked = leakedOf(folder, rows.length);
  const slicing = sliceByLength(texts.filter((_, row) => !leaked?.[row]));
  const order = shuffled(rows.length, [bytes, readFileSync(join(folder, 'candidate', MANIFEST_FILE))]);
  const task = { folder, load, threads, texts, rows, order, leaked, sliceOf: spread(slicing.of, leaked) };
  const baseline = existsSync(join(folder, 'baseline')) ? await scoreSide('baseline', task) : null;
  const candidate = await scoreSide('candidate', task);
  const only = (a: Uint8Array, b: Uint8Array) => a.reduce((n, right, i) => n + (right && !b[i] ? 1 : 0), 0);
  return {
    candidate: candidate.confusion,
    baseline: baseline?.confusion ?? null,
    onlyCandidateRight: baseline && only(candidate.right, baseline.right),
    onlyBaselineRight: baseline && only(baseline.right, candidate.right),
    goldenDifference: candidate.goldenDifference,
    ...(candidate.leaked && { leaked: { candidate: candidate.leaked, baseline: baseline?.leaked ?? null } }),
    ...(candidate.slices && { slices: slicesOf(slicing, candidate.slices, baseline?.slices ?? null) }),
    ...(latency && baseline && { latency: await timeSides({ ...task, threads: 1 }) }),
  };
}

/** For each row whether it leaked; null if none did. @throws {RangeError} if there is not one mark for each row */
function leakedOf(folder: string, rows: number): Uint8Array | null {
  const file = join(folder, LEAKED);
  if (!existsSync(file)) return null;
  const marks = readFileSync(file);
  if (marks.length !== rows) throw new RangeError(`${marks.length} marks of leaked rows for ${rows} rows`);
  return marks;
}

/** Slices of the rows that count, spread to the places of all rows. */
function spread(of: Uint8Array, leaked: Uint8Array | null): Uint8Array {
  if (!leaked) return of;
  let next = 0;
  return leaked.map((mark) => (mark ? 0 : (of[next++] as number)));
}

/**
 * Loads both models at once, with one thread each, as a server does, and times them. Each was scored on all rows
 * before.
 */
async function timeSides(task: Task): Promise<Latency> {
  return withSide('baseline', task, ({ runtime: baseline }) =>
    withSide('candidate', task, ({ runtime: candidate }) => compareLatency({ candidate, baseline }, task.texts)),
  );
}

type Task = {
  readonly folder: string;
  readonly load: Load;
  readonly threads: number;
  readonly texts: readonly string[];
  readonly rows: readonly { readonly label: string }[];
  /** The order of scoring. */
  readonly order: readonly number[];
  /** For each row whether it leaked; null if none did. */
  readonly leaked: Uint8Array | null;
  /** For each row that counts the index of its slice. */
  readonly sliceOf: Uint8Array;
};

/**
 * `slices`: a confusion matrix for each, or null if there are too many labels; `leaked`: one of the leaked rows, or
 * null if there are none; `right`: rows that count and are right.
 */
type Side = {
  confusion: number[][];
  leaked: number[][] | null;
  slices: number[][][] | null;
  right: Uint8Array;
  goldenDifference: number;
};

const scoreSide = (which: SideRefusedError['which'], task: Task): Promise<Side> =>
  withSide(which, task, async ({ runtime, manifest }) => ({
    ...(await count(which, runtime, task)),
    goldenDifference: await differenceToGolden(runtime, manifest),
  }));

type Loaded = { readonly runtime: Runtime; readonly manifest: Manifest };

/** Scans a model, loads it, and frees it after the work. @throws {SideRefusedError} */
async function withSide<T>(
  which: SideRefusedError['which'],
  { folder, load, threads }: Task,
  work: (side: Loaded) => Promise<T>,
): Promise<T> {
  try {
    const file = oncePerPath((path) => readFileSync(join(folder, which, path)));
    const manifest = parseFile(Manifest, MANIFEST_FILE, file(MANIFEST_FILE));
    const findings = scanOnnx(file(MODEL_FILE), manifest.contract);
    if (findings.length > 0) throw new SideRefusedError(which, arranged(findings));
    const runtime = await load({ manifest, file }, { threads });
    try {
      return await work({ runtime, manifest });
    } finally {
      await runtime.release();
    }
  } catch (cause) {
    if (cause instanceof SideRefusedError || cause instanceof EngineError) throw cause;
    if (cause instanceof ProcessorLacksVnniError)
      throw new SideRefusedError(which, [errored('processor-lacks-vnni', cause.message)], { cause }); // not the model's fault
    if (gotNoMemory((cause as Error).message))
      throw new SideRefusedError(which, [errored('score-memory', OUT_OF_MEMORY)], { cause });
    if (MACHINE.has(String((cause as NodeJS.ErrnoException).code)))
      throw new EngineError(`the files to score cannot be read: ${(cause as Error).message}`, { cause });
    throw new SideRefusedError(which, [failed('model-refused', (cause as Error).message.slice(0, 1000))], { cause });
  }
}

/**
 * The bound shows in one of two ways: memory is refused before the process is seen to take too much, or after. Node's
 * version decides which.
 */
const OUT_OF_MEMORY = 'the model asks for more memory than the scoring may take: policy.scoreMegabytes';

/** A model is scanned and then loaded; it should be in memory only once. */
function oncePerPath(read: (path: string) => Buffer): (path: string) => Buffer {
  const known = new Map<string, Buffer>();
  return (path) => {
    const bytes = known.get(path) ?? read(path);
    known.set(path, bytes);
    return bytes;
  };
}

async function count(
  which: SideRefusedError['which'],
  runtime: Runtime,
  { texts, rows, order, leaked, sliceOf }: Task,
): Promise<Omit<Side, 'goldenDifference'>> {
  const index = new Map(runtime.labels.map((label, k) => [label, k]));
  const confusion = noCounts(runtime.labels.length);
  const slices = runtime.labels.length > MAX_SLICED_LABELS ? null : noSliceCounts(runtime.labels.length);
  const apart = leaked && noCounts(runtime.labels.length);
  const right = new Uint8Array(rows.length);
  const neighbours = new Neighbours(rows.length);
  const inOrder = order.map((row) => texts[row] as string);
  await answer(runtime, inOrder, (place, predicted, probabilities) => {
    const row = order[place] as number;
    neighbours.tell(place, texts[row] as string, probabilities);
    const truth = index.get(rows[row]?.label ?? '');
    const counts = (leaked?.[row] ? apart : confusion)?.[truth ?? -1];
    if (truth === undefined || !counts) throw new ModelRefusedError('the model does not know every label of the rows');
    counts[predicted] = (counts[predicted] ?? 0) + 1;
    if (leaked?.[row]) return;
    const inSlice = slices?.[sliceOf[row] as number]?.[truth];
    if (inSlice) inSlice[predicted] = (inSlice[predicted] ?? 0) + 1;
    right[row] = truth === predicted ? 1 : 0;
  });
  const moved = await neighbours.difference(runtime);
  if (!(moved <= NEIGHBOUR_TOLERANCE))
    throw new SideRefusedError(which, [
      failed('answers-depend-on-neighbours', `answers to the same texts differ by ${moved} with the texts beside them`),
    ]);
  return { confusion, leaked: apart, slices, right };
}

/**
 * Largest difference between what the manifest promises and what the model answers; infinite if the promise is
 * malformed.
 */
async function differenceToGolden(runtime: Runtime, { golden }: Manifest): Promise<number> {
  let difference = 0;
  const texts = golden.map((g) => g.text);
  await answer(runtime, texts, (row, _, probabilities) => {
    const promised = golden[row]?.probabilities ?? [];
    if (promised.length !== probabilities.length)
      throw new ModelRefusedError(`golden answer ${row} has ${promised.length} probabilities`);
    for (let k = 0; k < promised.length; k++)
      difference = Math.max(difference, Math.abs((promised[k] as number) - (probabilities[k] as number)));
  });
  return difference;
}
