import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifacts } from '../artifacts/artifacts.ts';
import { digestOf } from '../digest.ts';
import { evaluationRowsPath } from '../evaluation-set.ts';
import { printFile } from '../file.ts';
import { nothingLeft, unmeasurable } from '../judge/checks.ts';
import { EVIDENCE_SCHEMA, type StoredEvidence, type StoredMeasured, storedMeasured } from '../judge/evidence.ts';
import { errored, failed, warned } from '../judge/finding.ts';
import { isForRuntime, MANIFEST_FILE, MODEL_FILE, TRAINING_ROWS_FILE } from '../manifest.ts';
import { RegistryAt } from '../registry.ts';
import { parseRows, ROW_KEY_BYTES, type Row, rowKey, rowsWithin } from '../rows.ts';
import { LEAKED, ROWS, type Score, type ScorerVersions } from '../scoring/score.ts';
import { copyVersionFiles, readVersionFile } from '../version-files.ts';
import { inScratch } from './scratch.ts';
import type { Side } from './sides.ts';
import { fromBase, fromHead, Stop } from './stop.ts';
import type { Subject } from './subject.ts';

export type Measurement = {
  readonly evidence: StoredEvidence;
  readonly versions: ScorerVersions | null;
  /** How long the scoring took, if it ran elsewhere; milliseconds. */
  readonly durationMs?: number;
};

/** A candidate's files besides its model: tokenizers, documents, row keys. */
const MAX_OTHER_BYTES = 1024 ** 3;

/**
 * Gathers the evidence of a judgement: the pinned rows, the leaks, the counts of both models.
 *
 * @param scratch a folder for the models while they are scored; a new one inside it is made and removed
 * @throws {Stop} {GateUnfitError}
 */
export async function measure(
  subject: Subject,
  { artifacts, score, scratch = tmpdir() }: { artifacts: Artifacts; score: Score; scratch?: string },
): Promise<Measurement> {
  const { manifest } = subject.candidate.files;
  const modelBytes = modelBytesOf(subject.candidate);
  const others = manifest.files.reduce((sum, file) => sum + (file.path === MODEL_FILE ? 0 : file.sizeBytes), 0);
  if (others > MAX_OTHER_BYTES)
    throw new Stop([
      failed('files-too-large', `the files beside the model have ${others} bytes, ${MAX_OTHER_BYTES} at most`),
    ]);
  const { bytes, rows, evaluation } = await pinnedRows(subject, artifacts);
  const leaked = subject.class === 'promotion' ? await leaks(subject, rows) : null;
  const evidence: StoredEvidence = {
    schema: EVIDENCE_SCHEMA,
    evaluation,
    claimed: { rows: manifest.data.test.digest, labels: manifest.labels, ...manifest.claimed },
    modelBytes,
    ...baselineBytesFor(subject),
    ...(leaked ? leaked.told : { leakedRows: null }),
    measured: null,
  };
  if (unmeasurable(subject.rules, evidence).length > 0 || !comparable(subject) || nothingLeft(evidence))
    return { evidence, versions: null };
  return inScratch(scratch, async (folder) => {
    await writeFile(join(folder, ROWS), bytes);
    if (leaked && evidence.leakedRows !== 0) await writeFile(join(folder, LEAKED), leaked.marks);
    if (subject.baseline) await fromBase(stage(subject.baseline, join(folder, 'baseline')));
    await fromHead(stage(subject.candidate, join(folder, 'candidate')));
    const { scoreSeconds: seconds, scoreMegabytes: megabytes } = subject.policy.limits;
    const { measured, versions } = await scored(
      await score({ folder, seconds, megabytes, latency: wantsLatency(subject) }),
    );
    return { evidence: { ...evidence, measured: storedMeasured(measured) }, versions };
  });
}

/** Bytes of a version's model file, as its manifest says. */
export const modelBytesOf = ({ files }: Side): number =>
  files.manifest.files.find((file) => file.path === MODEL_FILE)?.sizeBytes ?? 0;

/** The size that is compared with a budget; nothing if there is no such budget. */
export const baselineBytesFor = ({ class: kind, rules, baseline }: Subject): Pick<StoredEvidence, 'baselineBytes'> =>
  kind === 'promotion' && rules.budget?.sizeRatio !== undefined && baseline
    ? { baselineBytes: modelBytesOf(baseline) }
    : {};

const wantsLatency = ({ class: kind, rules }: Subject): boolean =>
  kind === 'promotion' && rules.budget?.latencyRatio !== undefined;

/**
 * A baseline with other labels solves another task, so no candidate can be compared with it. Going back from it stays
 * possible.
 */
function comparable({ class: kind, baseline, set }: Subject): boolean {
  if (!baseline || baseline.files.manifest.labels.join('\0') === set.labels.join('\0')) return true;
  if (kind === 'rollback') return false;
  throw new Stop([
    errored(
      'baseline-not-comparable',
      `the labels of version ${baseline.ref.version} in production are not those of the evaluation set ${set.name}: give the new task a model name of its own`,
    ),
  ]);
}

/** The evaluation rows: exactly the pinned bytes, counted. */
async function pinnedRows(subject: Subject, artifacts: Artifacts) {
  const { set } = subject;
  const bytes = (await rowsInTree(subject)) ?? (await fromBase(artifacts.get(set.digest, set.sizeBytes)));
  const rows = await fromBase((async () => parseRows(bytes))());
  const { perLabel, distinct } = countRows(rows, set.labels);
  const pinned = set.labels.map((label) => set.perLabel[label]);
  const known = perLabel.reduce((a, b) => a + b, 0);
  if (known !== rows.length || rows.length !== set.rows || perLabel.some((n, k) => n !== pinned[k]))
    throw new Stop([
      errored(
        'evaluation-differs',
        `evaluation/${set.name}.json counts ${set.rows} rows (${pinned.join(', ')}), its bytes have ${rows.length} (${perLabel.join(', ')})`,
      ),
    ]);
  return { bytes, rows, evaluation: { rows: set.digest, labels: set.labels, perLabel, distinct } };
}

/** How many rows each label has, and how many of them are not repetitions. */
function countRows(rows: readonly Row[], labels: readonly string[]): { perLabel: number[]; distinct: number[] } {
  const counted = new Map<string, { rows: number; keys: Set<string> }>();
  for (const { label, text } of rows) {
    const count = counted.get(label) ?? { rows: 0, keys: new Set() };
    count.rows++;
    count.keys.add(rowKey(text).toString('latin1'));
    counted.set(label, count);
  }
  return {
    perLabel: labels.map((label) => counted.get(label)?.rows ?? 0),
    distinct: labels.map((label) => counted.get(label)?.keys.size ?? 0),
  };
}

/** The rows from main's tree; null if they are not there, or are not those that are pinned. */
async function rowsInTree({ set, bound, candidate }: Subject): Promise<Buffer | null> {
  const main = new RegistryAt(candidate.files.registry.git, bound.base);
  const path = evaluationRowsPath(set.name);
  if (!(await fromBase(main.stat(path)))) return null;
  const bytes = await fromBase(main.file(path, set.sizeBytes));
  return digestOf(bytes) === set.digest ? bytes : null;
}

/**
 * Which evaluation rows are among the candidate's training rows, a byte for each row, and how many; null if the
 * candidate does not tell its training rows.
 */
async function leaks(
  { candidate: { files }, set }: Subject,
  rows: readonly Row[],
): Promise<{ marks: Uint8Array; told: Pick<StoredEvidence, 'leakedRows' | 'leaked'> } | null> {
  const file = files.manifest.files.find((f) => f.path === TRAINING_ROWS_FILE);
  if (!file) return null;
  const keys = await fromHead(readVersionFile(files, file));
  const [told, trained] = [keys.length / ROW_KEY_BYTES, files.manifest.data.train.rows];
  if (told > trained || (told === 0 && trained > 0))
    throw new Stop([failed('training-rows-differ', `${told} training rows are told of ${trained}`)]);
  const leaked = new Set(await fromHead((async () => rowsWithin(rows, keys))()));
  const { perLabel, distinct } = countRows([...leaked], set.labels);
  return {
    marks: Uint8Array.from(rows, (row) => (leaked.has(row) ? 1 : 0)),
    told: { leakedRows: leaked.size, leaked: { perLabel, distinct } },
  };
}

/** What the runtime needs, and nothing else. */
async function stage({ files }: Side, folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, MANIFEST_FILE), printFile(files.manifest));
  await copyVersionFiles(files, folder, isForRuntime);
}

function scored(outcome: Awaited<ReturnType<Score>>): { measured: StoredMeasured; versions: ScorerVersions } {
  if (outcome.kind === 'scored') return outcome;
  if (outcome.kind === 'failed') throw new Stop([outcome.finding]);
  if (outcome.which === 'candidate') throw new Stop(outcome.findings);
  throw new Stop([
    errored('baseline-refused', `the version in production cannot be scored: ${outcome.findings[0]?.message ?? ''}`),
    ...outcome.findings.map(({ code, message }) => warned(code, `baseline: ${message}`)),
  ]);
}
