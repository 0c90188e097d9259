import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { command } from '../../../../pipeline/training/command/command.ts';
import { TrainerCommandError } from '../../../../pipeline/training/command/errors.ts';
import { ImportError } from '../../../../pipeline/training/import/errors.ts';
import { goldenFile } from '../../../support/golden.ts';
import { root, temporaryFolder } from '../../../support/paths.ts';
import { rejects } from '../../../support/rejects.ts';
import { trainingContext } from '../../../support/training-context.ts';

const PROGRAM = join(root, 'dist/test/support/train-elsewhere.js');
const MODEL = dirname(goldenFile('tiny-distilbert', 'model.onnx'));
const rows = ['good', 'bad'].map((text, i) => ({ text, label: i ? 'neg' : 'pos' }));

function start(mode: string, over: { command?: string[]; timeoutMinutes?: number; signal?: AbortSignal } = {}) {
  const cache = temporaryFolder();
  mkdirSync(cache, { recursive: true });
  const said: unknown[] = [];
  const report = {
    metric: (...told: unknown[]) => void said.push(['metric', ...told]),
    epoch: (told: unknown) => void said.push(['epoch', told]),
    progress: (...told: unknown[]) => void said.push(['progress', ...told]),
  };
  const folders = { config: root, cache, checkpoints: cache };
  const { signal = new AbortController().signal, ...rest } = over;
  const context = trainingContext({ rows, labels: ['neg', 'pos'], folders, report, signal });
  const config = command.config.parse({ command: [process.execPath, PROGRAM, mode, MODEL], ...rest });
  return { trained: command.train(context, config), said, cache };
}

const s = suite('a trainer that is a program');

s('what it tells and leaves becomes a run and a model; secrets stay here', async () => {
  process.env.PAWL_SECRET_FORGE_TOKEN = 'hidden';
  const { trained, said, cache } = start('good');
  const model = await trained;
  delete process.env.PAWL_SECRET_FORGE_TOKEN;
  assert.equal(
    model.files.map(({ path }) => path),
    ['model.onnx', 'tokenizer.json'],
  );
  assert.is(model.preprocessor.kind, 'hf-tokenizer');
  assert.equal(said, [
    ['progress', 'learning', 1, 2],
    ['metric', 'rows', 2, 0],
    ['epoch', { epoch: 1, of: 1, metrics: { loss: 0.5, secrets: 0 }, durationMs: 0 }],
  ]);
  assert.equal(readdirSync(cache), [], 'nothing is left behind');
});

s('what it says beside that is kept with the run, whatever bytes it is and however much', async () => {
  const { trained, said } = start('rubbish');
  const { records = [] } = await trained;
  assert.is(records[0]?.path, 'output.txt');
  const output = Buffer.from(records[0]?.bytes ?? []).toString('utf8');
  assert.ok(output.length > 1000 && output.length < 3e6, `${output.length}`);
  assert.ok(output.isWellFormed());
  assert.match(output, /^… \(what came before was not kept\)\n/);
  assert.is(said.length, 3, 'nothing of the rubbish is a metric');
  const quiet = (await start('good').trained).records?.[0]?.bytes ?? [];
  assert.is(Buffer.from(quiet).toString('utf8'), 'chatter, and {"half": \n');
});

s('is not waited for when what it has started holds its outputs open', async () => {
  const { trained } = start('leave');
  assert.is((await trained).files.length, 2);
});

s('a crash is told with exit code and last words', async () => {
  const { message } = await rejects(start('crash').trained, TrainerCommandError);
  assert.match(message, 'exit code 3');
  assert.match(message, 'out of chalk');
  assert.match(message, 'chatter');
});

s('what is missing or wrong is named', async () => {
  assert.match((await rejects(start('forget').trained, TrainerCommandError)).message, 'result.json');
  assert.match((await rejects(start('wrong').trained, TrainerCommandError)).message, 'maxLength');
  assert.match((await rejects(start('garbage').trained, ImportError)).message, 'not an ONNX model');
  const absent = start('', { command: ['/no/such/program'] });
  assert.match((await rejects(absent.trained, TrainerCommandError)).message, 'cannot be started');
  assert.match((await rejects(start('', { command: [] }).trained, TrainerCommandError)).message, 'which program');
});

s('one that takes too long, or is aborted, is stopped even if it will not listen', async () => {
  const late = start('hang', { timeoutMinutes: 0.01 });
  assert.match((await rejects(late.trained, TrainerCommandError)).message, 'timeoutMinutes');
  const controller = new AbortController();
  const aborted = start('hang', { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 300);
  assert.is(await aborted.trained.catch((error: Error) => error.message), 'enough');
});

s.run();
