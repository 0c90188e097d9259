import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { Label, Labels, MAX_LABELS } from '../../../registry-repo/values.ts';
import { ImportError } from './errors.ts';

/** Paths as they were given; `folder` is in the layout of Optimum and transformers.js. */
export type ImportPaths = {
  readonly folder?: string | undefined;
  readonly onnx?: string | undefined;
  readonly tokenizer?: string | undefined;
  readonly config?: string | undefined;
  /** The folder to which paths are relative; if left out, the process's own. */
  readonly from?: string;
};

export type ImportFiles = {
  readonly onnx: Uint8Array;
  readonly tokenizer: Uint8Array;
  readonly config: ModelConfig | null;
};

/** The members of a `config.json` that are read; it holds more. */
const ModelConfig = z.looseObject({
  id2label: z.record(z.string().regex(/^\d{1,4}$/), Label).optional(),
  max_position_embeddings: z.int().min(4).max(100_000).optional(),
  pad_token_id: z.int().min(0).max(10_000_000).nullish(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

/** Protobuf's own limit, and Node's for a file in one piece. */
const MAX_BYTES = 2 ** 31 - 1;
const MAX_SMALL_BYTES = 32 * 1024 * 1024;

/** @throws {ImportError} telling which file is missing, too large or not what it should be */
export async function readImport(paths: ImportPaths): Promise<ImportFiles> {
  const { folder, from = '.' } = paths;
  const inFolder = (...names: string[]) => (folder === undefined ? [] : names.map((name) => join(folder, name)));
  const given = (path: string | undefined, candidates: string[]) => (path === undefined ? candidates : [path]);
  const first = (flag: string, candidates: readonly string[], maxBytes: number) =>
    firstOf(flag, candidates, from, maxBytes);
  const onnx = await first('--onnx', given(paths.onnx, inFolder('onnx/model.onnx', 'model.onnx')), MAX_BYTES);
  const tokenizer = await first('--tokenizer', given(paths.tokenizer, inFolder('tokenizer.json')), MAX_SMALL_BYTES);
  if (!onnx || !tokenizer) {
    const missing = [onnx ? [] : ['the graph (--onnx)'], tokenizer ? [] : ['the tokenizer (--tokenizer)']].flat();
    throw new ImportError(`cannot find ${missing.join(' and ')}${folder === undefined ? '' : ` in ${folder}`}`);
  }
  const config = await first('--model-config', given(paths.config, inFolder('config.json')), MAX_SMALL_BYTES);
  if (!config && paths.config !== undefined) throw new ImportError(`there is no ${paths.config}`);
  return { onnx: onnx.bytes, tokenizer: tokenizer.bytes, config: config && readConfig(config.path, config.bytes) };
}

async function firstOf(
  flag: string,
  candidates: readonly string[],
  from: string,
  maxBytes: number,
): Promise<{ path: string; bytes: Uint8Array } | null> {
  for (const path of candidates) {
    const file = resolve(from, path);
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) continue;
    if (found.size > maxBytes) throw new ImportError(`${path} (${flag}) has ${found.size} bytes, ${maxBytes} at most`);
    return { path, bytes: await readFile(file) };
  }
  return null;
}

function readConfig(path: string, bytes: Uint8Array): ModelConfig {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new ImportError(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const { success, data, error } = ModelConfig.safeParse(value);
  if (success) return data;
  throw new ImportError(`${path}: ${z.prettifyError(error)}`, { cause: error });
}

/**
 * Labels in the order of the model's outputs: those given, else the config's.
 *
 * @param given as `neg,pos`
 * @throws {ImportError}
 */
export function labelsOf(given: string | undefined, config: ModelConfig | null): string[] {
  const named = config?.id2label;
  const fromConfig = named && Object.keys(named).map((_, i) => named[i] ?? '');
  const { success, data } = Labels.safeParse(given === undefined ? fromConfig : given.split(',').map((l) => l.trim()));
  if (success) return data;
  throw new ImportError(
    given === undefined
      ? 'which label each output stands for is not known: give --labels neg,pos, in the order of the outputs'
      : `--labels takes two names at least, ${MAX_LABELS} at most, none twice, with commas between: neg,pos`,
  );
}
