import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { MODEL_FILE } from '../../../registry-repo/manifest.ts';
import { temporaryFolderSync } from '../../../registry-repo/temporary.ts';
import { importedModel } from '../import/trainer.ts';
import type { Report, TrainedModel, TrainingContext } from '../trainer.ts';
import type { CommandConfig } from './config.ts';
import { type Job, Line, Result } from './contract.ts';
import { programEnvironment } from './environment.ts';
import { TrainerCommandError } from './errors.ts';
import { runProgram } from './program.ts';
import { Said } from './said.ts';

const JOB = 'PAWL_JOB';
/** The program's output, except what belonged to the contract. */
const OUTPUT_FILE = 'output.txt';

/** The training of `command`; loaded when a run begins. */
export async function train(context: TrainingContext, config: CommandConfig): Promise<TrainedModel> {
  if (config.command.length === 0)
    throw new TrainerCommandError('which program trains? `pawl train --trainer command -- python train.py`');
  mkdirSync(context.folders.cache, { recursive: true });
  const folder = temporaryFolderSync(context.folders.cache, 'command');
  const said = new Said();
  try {
    const { apart } = context;
    const room = { writable: [context.folders.config, folder], temporary: join(folder, 'tmp') };
    await runProgram({
      command: config.command,
      ...(apart ? { around: (argv: readonly string[]) => apart(argv, room) } : {}),
      folder: context.folders.config,
      env: { ...programEnvironment(process.env, config.environment), [JOB]: writeJob(folder, context, config) },
      timeoutMs: config.timeoutMinutes * 60_000,
      signal: context.signal,
      onLine: (line) => hear(line, context.report),
      onOther: (line) => said.add(line),
    });
    return { ...collect(folder, context.labels), records: [{ path: OUTPUT_FILE, bytes: said.bytes() }] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the job's path */
function writeJob(folder: string, context: TrainingContext, config: CommandConfig): string {
  const { rows, unlabelled, labels, seed, workers } = context;
  const lines = (name: string, values: readonly object[]) => {
    const path = join(folder, name);
    writeFileSync(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    return path;
  };
  const out = join(folder, 'out');
  mkdirSync(out);
  mkdirSync(join(folder, 'tmp'));
  const job: Job = {
    schema: 'pawl.job/1',
    train: lines('train.jsonl', rows),
    unlabelled:
      unlabelled.length === 0
        ? null
        : lines(
            'unlabelled.jsonl',
            unlabelled.map((text) => ({ text })),
          ),
    ...{ labels, seed, workers, settings: config.settings, out },
  };
  const path = join(folder, 'job.json');
  writeFileSync(path, JSON.stringify(job));
  return path;
}

/** @returns whether the line was one of the contract */
function hear(line: string, report: Report): boolean {
  if (!line.startsWith('{')) return false;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return false;
  }
  const { success, data } = Line.safeParse(value);
  if (!success) return false;
  if ('metric' in data) report.metric(data.metric, data.value, data.step);
  else if ('progress' in data) report.progress(data.progress, data.done, data.of);
  else report.epoch({ epoch: data.epoch, of: data.of, metrics: data.metrics, durationMs: 1000 * data.seconds });
  return true;
}

/**
 * @throws {TrainerCommandError} for a file that is missing or wrong @throws {ImportError} for a graph that no gate
 *   would accept
 */
function collect(folder: string, labels: readonly string[]): TrainedModel {
  const read = (name: string): Buffer => {
    try {
      return readOwn(folder, join('out', name));
    } catch (cause) {
      throw new TrainerCommandError(`the program ended well, but left no ${name} in the job's \`out\` folder`, {
        cause,
      });
    }
  };
  const [onnx, tokenizer, text] = [read(MODEL_FILE), read('tokenizer.json'), read('result.json')];
  return importedModel({ onnx, tokenizer }, labels, resultOf(text));
}

/** A plain file at that very place: a link could lead to a file that the program itself could not read. */
function readOwn(folder: string, name: string): Buffer {
  const path = join(realpathSync(folder), name);
  if (realpathSync(path) !== path) throw new Error(`${name} is a link, or behind one`);
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    if (!fstatSync(file).isFile()) throw new Error(`${name} is no plain file`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function resultOf(text: Buffer): Result {
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new TrainerCommandError(`the program's result.json is not JSON: ${(cause as Error).message}`, { cause });
  }
  const { success, data, error } = Result.safeParse(value);
  if (success) return data;
  throw new TrainerCommandError(`the program's result.json: ${z.prettifyError(error)}`, { cause: error });
}
