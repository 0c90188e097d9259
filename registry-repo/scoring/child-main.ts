import { writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { watched } from '../model-process/watched.ts';
import type { Load } from '../runtime/runtime.ts';
import type { ChildAnswer } from './child-answer.ts';
import { LATENCY } from './score.ts';
import { EngineError, SideRefusedError, scoreModels } from './score-models.ts';

/** File descriptor of the answer; standard output is left to native libraries. */
const ANSWER = 3;

/** The program that runs models, and its version. */
export type Engine = { readonly load: Load; readonly version: string };

/**
 * The whole life of a scoring process: watch, score, answer, end. An unexpected error ends it without an answer, which
 * the parent treats as a failure.
 *
 * @param start the engine; called when the first model is found fit to be loaded, so that no native code is loaded
 *   before
 */
export async function runChild(start: () => Promise<Engine>): Promise<never> {
  const [folder = '', seconds = '1', more] = process.argv.slice(2);
  watched(Number(seconds));
  const versions = { onnxruntime: 'none', node: process.versions.node };
  const load: Load = async (source, options) => {
    const engine = await start().catch((cause: unknown) => {
      throw new EngineError(`what runs models cannot be started: ${(cause as Error).message}`, { cause });
    });
    versions.onnxruntime = engine.version;
    return engine.load(source, options);
  };
  let answer: ChildAnswer;
  try {
    const options = { latency: more === LATENCY, threads: availableParallelism() };
    answer = { kind: 'scored', measured: await scoreModels(folder, load, options), versions };
  } catch (error) {
    if (error instanceof EngineError) answer = { kind: 'failed', message: error.message.slice(0, 2000) };
    else if (error instanceof SideRefusedError)
      answer = { kind: 'refused', which: error.which, findings: [...error.findings], versions };
    else throw error;
  }
  const bytes = Buffer.from(JSON.stringify(answer), 'utf8');
  for (let at = 0; at < bytes.length; ) at += writeSync(ANSWER, bytes, at);
  process.exit(0);
}
