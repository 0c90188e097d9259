import { f1 } from '../../../registry-repo/f1.ts';
import { toNumber } from '../../../registry-repo/fraction.ts';
import { breathe } from '../../breathe.ts';
import type { Parameter, Parameters } from '../../onnx/architecture.ts';
import type { Backend, Tensor } from '../backends/backend.ts';
import type { TrainingContext } from '../trainer.ts';
import { type Checkpoint, Checkpoints, type Position } from './checkpoint.ts';
import { seededDropout } from './dropout.ts';
import type { Example, Examples } from './examples.ts';
import type { FitConfig } from './fit-config.ts';
import { lengthBatches, slices, uploadBatch } from './length-batches.ts';
import type { Model, Weights } from './model.ts';
import { AdamW, type Moments } from './optimizer.ts';
import { linearSchedule } from './schedule.ts';

export type FitTask = {
  readonly backend: Backend;
  readonly model: Pick<Model, 'logits' | 'loss'>;
  /** All parameters at the start of training. */
  readonly parameters: Parameters;
  readonly examples: Examples;
  readonly padId: number;
  /** The factor of the learning rate for a parameter; 0 freezes it. */
  readonly rateOf: (parameter: string) => number;
  readonly config: FitConfig;
  readonly context: Pick<TrainingContext, 'labels' | 'averaging' | 'seed' | 'report' | 'signal' | 'folders'>;
};

/**
 * Trains a model by AdamW and gives the parameters of its best epoch. A process that dies, or is stopped, leaves a
 * checkpoint. The next call with the same task continues from there and ends with the same bytes as an uninterrupted
 * training.
 *
 * @param conclude what is left to do with the parameters before the checkpoint is removed
 * @throws the signal's reason, when it aborts
 */
export async function fit<T>(task: FitTask, conclude: (best: Parameters) => Promise<T>): Promise<T> {
  const checkpoints = new Checkpoints(task.context.folders.checkpoints);
  const found = await checkpoints.load(task.backend.name);
  const fitting = new Fitting(task, checkpoints, found);
  try {
    const outcome = await conclude(await fitting.run());
    await checkpoints.remove();
    return outcome;
  } finally {
    fitting.dispose();
  }
}

/** One training, from its start or its checkpoint to its end. */
class Fitting {
  readonly #task: FitTask;
  readonly #checkpoints: Checkpoints;
  /** Parameters that are frozen. */
  readonly #frozen: Weights;
  readonly #optimizer: AdamW;
  readonly #stepsAnEpoch: number;
  #position: Position;
  #savedAt = performance.now();

  constructor(task: FitTask, checkpoints: Checkpoints, from: Checkpoint | null) {
    const { backend, parameters, rateOf, config, examples } = task;
    this.#task = task;
    this.#checkpoints = checkpoints;
    this.#position = from?.position ?? start(backend.name);
    const weights = uploadAll(backend, from?.weights ?? parameters);
    const [trained, frozen] = [new Map<string, Tensor>(), new Map<string, Tensor>()];
    for (const [name, weight] of weights) (rateOf(name) > 0 ? trained : frozen).set(name, weight);
    this.#frozen = frozen;
    const moments = from && momentsOf(backend, from);
    const options = { weightDecay: config.weightDecay, clip: config.clip || null, rateOf };
    this.#optimizer = new AdamW(
      backend,
      trained,
      options,
      moments ? { steps: this.#position.steps, moments } : undefined,
    );
    this.#stepsAnEpoch = Math.ceil(Math.ceil(examples.train.length / config.batch) / config.accumulation);
  }

  async run(): Promise<Parameters> {
    const { report } = this.#task.context;
    const { epochs, patience } = this.#task.config;
    if (this.#position.steps > 0) report.metric('stepsResumed', this.#position.steps, 0);
    for (const done of this.#position.epochs) report.epoch({ ...done, of: epochs });
    while (this.#position.epoch <= epochs && !this.#tired(patience)) await this.#epoch();
    const { best } = this.#position;
    return best ? this.#checkpoints.loadBest(best.epoch) : await this.#download();
  }

  dispose(): void {
    this.#optimizer.dispose();
    for (const weight of this.#frozen.values()) weight.dispose();
  }

  #tired(patience: number): boolean {
    const { best, epoch } = this.#position;
    return patience > 0 && best !== null && epoch - 1 - best.epoch >= patience;
  }

  async #epoch(): Promise<void> {
    const { examples, config, context } = this.#task;
    const { report, seed, signal } = context;
    const { epoch } = this.#position;
    const batches = lengthBatches(examples.train, config.batch, seed, epoch);
    const steps = slices(batches, config.accumulation);
    for (const micro of steps.slice(this.#position.epochSteps)) {
      await breathe(signal).catch(async (reason) => {
        await this.#save();
        throw reason;
      });
      const started = performance.now();
      await this.#step(micro);
      this.#position.epochMs += performance.now() - started;
      report.progress('training', this.#position.steps, this.#stepsAnEpoch * config.epochs);
      if (performance.now() - this.#savedAt >= config.checkpointSeconds * 1000) await this.#save();
    }
    await this.#closeEpoch();
  }

  /** One step of the optimiser, against the mean loss of some batches. */
  async #step(batches: readonly (readonly Example[])[]): Promise<void> {
    const { backend, config, context } = this.#task;
    const started = performance.now();
    const rate = config.learningRate * this.#rateShare();
    const texts = batches.reduce((sum, batch) => sum + batch.length, 0);
    let sum: Map<string, Tensor> | null = null;
    let loss = 0;
    for (const [i, batch] of batches.entries()) {
      const found = await this.#gradients(batch, texts, this.#position.steps * config.accumulation + i);
      loss += found.loss;
      sum = sum === null ? found.gradients : addInto(backend, sum, found.gradients);
    }
    const norm = await this.#optimizer.step(sum as Map<string, Tensor>, rate);
    for (const gradient of (sum as Map<string, Tensor>).values()) gradient.dispose();
    const { steps } = this.#position;
    if (steps % config.logSteps === 0) {
      const tokens = batches.flat().reduce((all, { ids }) => all + ids.length, 0);
      context.report.metric('loss', loss, steps);
      context.report.metric('learningRate', rate, steps);
      context.report.metric('gradientNorm', norm, steps);
      context.report.metric(
        'trainedTokensPerSecond',
        tokens / Math.max(1e-6, (performance.now() - started) / 1000),
        steps,
      );
    }
    this.#position.steps++;
    this.#position.epochSteps++;
    this.#position.lossSum += loss * texts;
    this.#position.texts += texts;
  }

  #rateShare(): number {
    const { epochs, warmup } = this.#task.config;
    const of = this.#stepsAnEpoch * epochs;
    return linearSchedule(this.#position.steps, Math.round(of * warmup), of);
  }

  /** @param texts of the whole step, which this batch is a part of @param turn counts batches, for dropout */
  async #gradients(examples: readonly Example[], texts: number, turn: number) {
    const { backend, model, padId, context } = this.#task;
    const { tf } = backend;
    const { batch, labels, dispose } = uploadBatch(backend, examples, padId);
    const names = [...this.#optimizer.weights.keys()];
    const dropout = seededDropout(tf, context.seed, turn);
    const compute = tf.valueAndGrads((...tensors: Tensor[]) => {
      const trained = names.map((name, i) => [name, tensors[i] as Tensor] as const);
      return model.loss(new Map([...this.#frozen, ...trained]), batch, labels, texts, { dropout });
    });
    const { value, grads } = compute([...this.#optimizer.weights.values()]);
    const [loss = 0] = await (value as Tensor).data();
    value.dispose();
    dispose();
    return { loss, gradients: new Map(names.map((name, i) => [name, grads[i] as Tensor])) };
  }

  /** Reports an epoch's results; its weights are kept if they are the best. */
  async #closeEpoch(): Promise<void> {
    const { config, context, examples } = this.#task;
    const { epoch, lossSum, texts, epochMs, best } = this.#position;
    const started = performance.now();
    const held = examples.validation.length > 0 ? await this.#validate() : null;
    const metrics = { loss: lossSum / texts, ...held };
    const done = { epoch, metrics, durationMs: Math.round(epochMs + performance.now() - started) };
    const better = held !== null && (best === null || held.validationF1 > best.f1);
    if (better) await this.#checkpoints.saveBest(epoch, await this.#download());
    this.#position = {
      ...this.#position,
      ...{ epoch: epoch + 1, epochSteps: 0, lossSum: 0, texts: 0, epochMs: 0 },
      best: better ? { epoch, f1: held.validationF1 } : best,
      epochs: [...this.#position.epochs, done],
    };
    await this.#save();
    context.report.epoch({ ...done, of: config.epochs });
  }

  async #validate() {
    const { backend, model, padId, examples, config, context } = this.#task;
    const { labels, averaging, report, signal } = context;
    const all: Weights = new Map([...this.#frozen, ...this.#optimizer.weights]);
    const confusion = labels.map(() => labels.map(() => 0));
    let [loss, seen] = [0, 0];
    const sorted = examples.validation.toSorted((a, b) => a.ids.length - b.ids.length);
    for (const part of slices(sorted, config.batch)) {
      await breathe(signal);
      const { batch, dispose } = uploadBatch(backend, part, padId);
      const output = backend.tf.tidy(() => model.logits(all, batch));
      const logits = (await output.data()) as Float32Array;
      output.dispose();
      dispose();
      part.forEach(({ label }, i) => {
        const row = logits.subarray(i * labels.length, (i + 1) * labels.length);
        loss += crossEntropy(row, label);
        (confusion[label] as number[])[row.indexOf(Math.max(...row))]! += 1;
      });
      seen += part.length;
      report.progress('validating', seen, sorted.length);
    }
    const right = confusion.reduce((sum, row, i) => sum + (row[i] as number), 0);
    return {
      validationLoss: loss / seen,
      validationAccuracy: right / seen,
      validationF1: toNumber(f1(labels, confusion, averaging)),
    };
  }

  async #save(): Promise<void> {
    const moments = [...this.#optimizer.moments];
    const part = (which: keyof Moments) => downloadAll(moments.map(([name, m]) => [name, m[which]]));
    await this.#checkpoints.save({
      position: this.#position,
      weights: await this.#download(),
      mean: await part('mean'),
      variance: await part('variance'),
    });
    this.#savedAt = performance.now();
  }

  #download(): Promise<Parameters> {
    const { parameters } = this.#task;
    const current = (name: string) => (this.#optimizer.weights.get(name) ?? this.#frozen.get(name)) as Tensor;
    return downloadAll([...parameters.keys()].map((name) => [name, current(name)]));
  }
}

function crossEntropy(logits: Float32Array, label: number): number {
  const most = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
  return Math.log(total) + most - (logits[label] as number);
}

const start = (backend: string): Position => ({
  schema: 'pawl.checkpoint/1',
  backend,
  ...{ steps: 0, epoch: 1, epochSteps: 0, lossSum: 0, texts: 0, epochMs: 0 },
  best: null,
  epochs: [],
});

async function downloadAll(tensors: readonly (readonly [string, Tensor])[]): Promise<Parameters> {
  const found = new Map<string, Parameter>();
  for (const [name, tensor] of tensors)
    found.set(name, { shape: tensor.shape, data: Float32Array.from((await tensor.data()) as Float32Array) });
  return found;
}

const uploadAll = ({ tf }: Backend, parameters: Parameters): Map<string, Tensor> =>
  new Map([...parameters].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]));

function momentsOf(backend: Backend, { mean, variance }: Checkpoint): Map<string, Moments> {
  const [means, variances] = [uploadAll(backend, mean), uploadAll(backend, variance)];
  return new Map([...means].map(([name, m]) => [name, { mean: m, variance: variances.get(name) as Tensor }]));
}

function addInto({ tf }: Backend, sum: Map<string, Tensor>, more: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const total = new Map<string, Tensor>();
  for (const [name, old] of sum) {
    const added = more.get(name) as Tensor;
    total.set(name, tf.add(old, added));
    old.dispose();
    added.dispose();
  }
  return total;
}
