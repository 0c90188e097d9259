import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { digestOf } from '../../../registry-repo/digest.ts';
import { batchesOfEncoded } from '../../../registry-repo/runtime/batches.ts';
import { openSession, runtimeVersion, type Session } from '../../../registry-repo/runtime/session.ts';
import { inputsOf, Subwords } from '../../../registry-repo/runtime/subwords.ts';
import { breathe } from '../../breathe.ts';
import { featureContract, featureGraph } from '../../onnx/feature-graph.ts';
import type { TrainingContext } from '../trainer.ts';
import { slices } from '../transformer/length-batches.ts';
import { tokenize } from '../transformer/tokenize.ts';
import { FeatureCache } from './feature-cache.ts';
import type { FrozenEncoder } from './frozen-encoder.ts';

/** Texts of one block: an interrupted run loses the features of so many at most. */
const BLOCK = 1024;

type Context = Pick<TrainingContext, 'folders' | 'workers' | 'report' | 'signal'>;

/**
 * The features of texts, [texts, width] row-major, at ONNX Runtime's speed. They are kept on disk by what they depend
 * on: the encoder's bytes, the settings, the texts and the runtime. Reports the metrics of `tokenize`, `textsCached`
 * and, for what was computed, `encodedTokensPerSecond`.
 *
 * @throws {ModelRefusedError} if the runtime refuses the encoder
 */
export async function featuresOf(frozen: FrozenEncoder, texts: readonly string[], context: Context) {
  const { folders, report, signal } = context;
  const cache = new FeatureCache(join(folders.cache, 'features'));
  const values = new Float32Array(texts.length * frozen.width);
  const work = new Work(frozen, context);
  const { pretrained, preprocessor, width } = frozen;
  const ids = await tokenize(new Subwords(pretrained.tokenizer, preprocessor.maxLength), texts, context);
  let [done, cached] = [0, 0];
  try {
    for (const block of slices(texts, BLOCK)) {
      signal.throwIfAborted();
      const key = keyOf(frozen, block);
      const kept = await cache.load(key, block.length, width);
      const own = ids.slice(done, done + block.length);
      const found =
        kept ?? (await work.compute(own, (texts_) => report.progress('encoding', done + texts_, texts.length)));
      if (kept) cached += block.length;
      else await cache.save(key, found, width);
      values.set(found, done * width);
      done += block.length;
      report.progress('encoding', done, texts.length);
    }
    report.metric('textsCached', cached, 0);
    if (work.seconds > 0) report.metric('encodedTokensPerSecond', work.tokens / work.seconds, 0);
    return values;
  } finally {
    await work.close();
  }
}

/** The session is opened when the first block is not in the cache. */
class Work {
  readonly #frozen: FrozenEncoder;
  readonly #context: Pick<Context, 'workers' | 'signal'>;
  #session: Session | null = null;
  tokens = 0;
  seconds = 0;

  constructor(frozen: FrozenEncoder, context: Pick<Context, 'workers' | 'signal'>) {
    this.#frozen = frozen;
    this.#context = context;
  }

  async compute(ids: readonly Int32Array[], progress: (done: number) => void): Promise<Float32Array> {
    const { encoder, width, preprocessor } = this.#frozen;
    const session = await this.#open();
    const values = new Float32Array(ids.length * width);
    const encoded = ids.map((own) => inputsOf(preprocessor, own));
    const started = performance.now();
    let done = 0;
    for (const { rows, feeds } of batchesOfEncoded(encoder, encoded, 1)) {
      await breathe(this.#context.signal);
      const output = await session.run(feeds);
      for (const [i, row] of rows.entries()) values.set(output.subarray(i * width, (i + 1) * width), row * width);
      const mask = feeds[preprocessor.inputs.mask as string]?.data ?? [];
      for (const present of mask) this.tokens += present;
      done += rows.length;
      progress(done);
    }
    this.seconds += (performance.now() - started) / 1000;
    return values;
  }

  async close(): Promise<void> {
    await this.#session?.release();
  }

  async #open(): Promise<Session> {
    const { encoding, width } = this.#frozen;
    this.#session ??= await openSession(featureGraph(encoding), featureContract(width), this.#context.workers);
    return this.#session;
  }
}

function keyOf(
  { pretrained, encoding: { choice, precision }, preprocessor }: FrozenEncoder,
  texts: readonly string[],
): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length} ${text}\n`);
  const of = [
    pretrained.source.digest,
    choice,
    preprocessor.maxLength,
    runtimeVersion(),
    hash.digest('hex'),
    precision,
  ];
  return digestOf(JSON.stringify(of)).slice('sha256:'.length);
}
