import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../../registry-repo/digest.ts';
import { readTokenizerFile } from '../../../registry-repo/runtime/tokenizer-file.ts';
import type { Digest } from '../../../registry-repo/values.ts';
import type { Architecture, Parameter, Parameters } from '../../onnx/architecture.ts';
import type { TrainingContext } from '../trainer.ts';
import { readConfigJson } from './config-json.ts';
import { WeightsError } from './errors.ts';
import { type Match, matchTensors, type TensorUse } from './match-tensors.ts';
import { loadSafetensors } from './safetensors.ts';
import { tokenizerFromVocabulary } from './vocabulary.ts';

/** Where a pretrained model came from, for the run's record. */
export type PretrainedSource = {
  /** The folder, or the model's id on the hub. */
  readonly location: string;
  /** The commit on the hub; null for a folder. */
  readonly revision: string | null;
  /** Of all files that were used, by their names and digests. */
  readonly digest: Digest;
  readonly files: readonly { readonly path: string; readonly digest: Digest }[];
};

export type Pretrained = {
  readonly architecture: Architecture;
  /** As `parameterShapes` names and orders them; the head's parts are missing if the files have none. */
  readonly parameters: Parameters;
  /** `tokenizer.json`. */
  readonly tokenizer: Uint8Array;
  /** Id that fills a shorter row. */
  readonly padId: number;
  /** Names of the head's outputs; null without names, or without a head. */
  readonly labels: readonly string[] | null;
  /** Tensors of other tasks in the file, which were left out. */
  readonly unused: readonly string[];
  readonly source: PretrainedSource;
};

const MAX_SMALL = 32 * 1024 * 1024;

type Context = Pick<TrainingContext, 'report' | 'signal'>;

/**
 * Reads a pretrained model from a Hugging Face folder: `config.json`, `model.safetensors`, and `tokenizer.json` or
 * `vocab.txt`.
 *
 * @param folder absolute
 * @param location the folder's name in messages and in the record
 * @throws {WeightsError} naming everything that is wrong
 */
export async function loadFolder(
  folder: string,
  { report, signal }: Context,
  { location, revision }: { readonly location: string; readonly revision: string | null },
): Promise<Pretrained> {
  const files: { path: string; digest: Digest }[] = [];
  const small = async (path: string) => {
    const bytes = await readSmall(join(folder, path), join(location, path));
    if (bytes) files.push({ path, digest: digestOf(bytes) });
    return bytes;
  };
  const config = await small('config.json');
  if (!config) throw new WeightsError(`${location} has no config.json: ${await instead(folder)}`);
  const { architecture, labels, padId } = refused(`${location}/config.json`, () => readConfigJson(config));
  const tokenizer = await readTokenizer(location, small);
  refused(`${location}: its tokenizer`, () => checkVocabulary(tokenizer, architecture));

  const weights = join(folder, WEIGHTS);
  if (!(await isFile(weights))) throw new WeightsError(`${location} has no ${WEIGHTS}: ${await instead(folder)}`);
  const { parameters, unused, outputs, digest } = await loadTensors(weights, architecture, { report, signal });
  files.push({ path: WEIGHTS, digest });
  if (outputs !== null && labels !== null && labels.length !== outputs)
    throw new WeightsError(`${location}: the head has ${outputs} outputs, config.json names ${labels.length} labels`);
  const source = { location, revision, digest: digestOfAll(files), files };
  return {
    ...{ architecture, parameters, tokenizer, padId, unused, source },
    labels: outputs === null ? null : labels,
  };
}

const WEIGHTS = 'model.safetensors';

/** What a person who named this folder may have meant. */
async function instead(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  if (names.some((name) => name.endsWith('.safetensors.index.json')))
    return 'weights in several files are not supported; save the model again in one (max_shard_size above its size)';
  if (names.some((name) => /\.(?:bin|pt|pth|ckpt|h5|msgpack)$/.test(name)))
    return 'only safetensors are read, since other formats can run code; save the model again with safe_serialization=True';
  return 'give a Hugging Face folder with config.json, model.safetensors and tokenizer.json or vocab.txt';
}

/** @returns null if there is no such file */
async function readSmall(file: string, location: string): Promise<Buffer | null> {
  if (!(await isFile(file))) return null;
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size > MAX_SMALL) throw new WeightsError(`${location} has ${size} bytes, ${MAX_SMALL} at most`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

function refused<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new WeightsError(`${what}: ${cause.message}`, { cause });
  }
}

async function readTokenizer(
  location: string,
  small: (path: string) => Promise<Uint8Array | null>,
): Promise<Uint8Array> {
  const whole = await small('tokenizer.json');
  if (whole) return whole;
  const words = await small('vocab.txt');
  if (!words) throw new WeightsError(`${location} has neither tokenizer.json nor vocab.txt`);
  const settings = await small('tokenizer_config.json');
  return refused(`${location}/vocab.txt`, () => tokenizerFromVocabulary(words, settings));
}

/** An id beyond the vectors would be looked up outside of them. */
function checkVocabulary(tokenizer: Uint8Array, { vocabulary }: Architecture): void {
  const { model, added_tokens } = readTokenizerFile(tokenizer);
  let most = 0;
  for (const id of Object.values(model.vocab)) most = Math.max(most, id);
  for (const { id } of added_tokens) most = Math.max(most, id);
  if (most >= vocabulary) throw new RangeError(`it has the id ${most}, the model has vectors for ${vocabulary} ids`);
}

async function loadTensors(file: string, architecture: Architecture, { report, signal }: Context) {
  let match = null as Match | null;
  const found = new Map<string, Parameter>();
  const bad: string[] = [];
  const take =
    (name: string, { parameter, transposed }: TensorUse) =>
    (tensor: Parameter) => {
      if (!tensor.data.every(Number.isFinite)) bad.push(name);
      found.set(parameter, transposed ? transpose(tensor) : tensor);
    };
  const digest = await loadSafetensors(file, {
    choose: (header) => {
      match = matchTensors(architecture, header);
      return new Map([...match.byTensor].map(([name, use]) => [name, take(name, use)]));
    },
    progress: (done, of) => report.progress('read weights', done, of),
    signal,
  });
  if (bad.length > 0) throw new WeightsError(`${file}: not every number is finite in ${bad.join(', ')}`);
  const { order, outputs, unused } = match as Match;
  const parameters = new Map(order.map((parameter) => [parameter, found.get(parameter) as Parameter]));
  return { parameters, outputs, unused, digest };
}

/** [a, b] as [b, a], in blocks that fit the cache. */
function transpose({ shape, data }: Parameter): Parameter {
  const [rows, columns] = shape as [number, number];
  const out = new Float32Array(data.length);
  const block = 32;
  for (let top = 0; top < rows; top += block)
    for (let left = 0; left < columns; left += block)
      for (let r = top; r < Math.min(rows, top + block); r++)
        for (let c = left; c < Math.min(columns, left + block); c++)
          out[c * rows + r] = data[r * columns + c] as number;
  return { shape: [columns, rows], data: out };
}

function digestOfAll(files: PretrainedSource['files']): Digest {
  const hash = createHash('sha256');
  for (const { path, digest } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(`${path} ${digest}\n`);
  return `sha256:${hash.digest('hex')}`;
}
