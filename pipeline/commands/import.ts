import { digestOf } from '../../registry-repo/digest.ts';
import { type Dataset, loadDataset, loadForeign } from '../data/load.ts';
import { loadContext } from '../operations/dataset.ts';
import { UsageError } from '../operations/not-found.ts';
import { averagingFor, runPorts } from '../operations/train.ts';
import type { Output } from '../output.ts';
import { TrainingRepository } from '../source/repository.git.ts';
import { ImportError } from '../training/import/errors.ts';
import { type ImportFiles, labelsOf, readImport } from '../training/import/files.ts';
import { tableHeights } from '../training/import/tables.ts';
import { adopt, type ImportConfig, importTrainer } from '../training/import/trainer.ts';
import type { RunRequest } from '../training/request.ts';
import { runTraining } from '../training/run.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, type Invocation, text } from './command.ts';
import { DATA_FLAGS } from './dataset.ts';
import { report } from './train.ts';

/** BERT's own length, where nothing says another. */
const MAX_LENGTH = 512;

export const importModel: Command<Workspace> = {
  memory: 'computes',
  details:
    'For sequence classifiers in the layout of Optimum and transformers.js: inputs input_ids, attention_mask and token_type_ids, one output with a number for each label, a tokenizer.json of BERT’s kind. The graph is looked through as the gate does it, before anything loads it, then measured on the test rows of the configured data. What it was trained on is not known unless --trained-on-data says that it was the configured data; a policy that wants to look for leaks then refuses it.',
  json: true,
  flags: [
    { flags: '--folder <path>', description: 'a folder with onnx/model.onnx, tokenizer.json and config.json' },
    { flags: '--onnx <file>', description: 'the graph' },
    { flags: '--tokenizer <file>', description: 'tokenizer.json' },
    {
      flags: '--model-config <file>',
      description: 'config.json: labels, longest input, padding; after `import`, --config NAME.json is the same',
    },
    { flags: '--labels <names>', description: 'in the order of the outputs, as in the data: neg,pos' },
    { flags: '--max-length <n>', description: 'tokens of a text that are read; the rest is cut off' },
    { flags: '--values <kind>', description: 'what the output holds: logits (as usual) or probabilities' },
    { flags: '--trained-on-data', description: 'it was trained on the training rows of the configured data' },
    ...DATA_FLAGS,
    { flags: '--model <name>', description: 'name of the model', setting: 'model' },
  ],
  examples: [
    ['pawl import --folder distilbert-sst2 --labels neg,pos', 'as Optimum exports it'],
    ['pawl import --onnx model.onnx --tokenizer tokenizer.json --labels neg,pos', 'from two files'],
  ],
  async run(invocation) {
    const { workspace, out, signal } = invocation;
    const started = performance.now();
    const given = (flag: string) => text(invocation, flag);
    const paths = {
      folder: given('folder'),
      onnx: given('onnx'),
      tokenizer: given('tokenizer'),
      config: given('modelConfig'),
    };
    const files = await readImport(paths, workspace.loaded.request.folder);
    const labels = labelsOf(given('labels'), files.config);
    const request = await requestOf(invocation, files, labels);
    const trainedOn = invocation.flags.trainedOnData === true;
    const load = () => dataset(workspace, out, signal, { labels, trainedOn });
    const outcome = await runTraining(runPorts(workspace, out, signal), request, load);
    report(out, outcome, null, performance.now() - started);
    return 0;
  },
};

async function requestOf(
  invocation: Invocation<Workspace>,
  { onnx, tokenizer, config }: ImportFiles,
  labels: readonly string[],
): Promise<RunRequest> {
  const { workspace } = invocation;
  const { model, training } = workspace.config;
  const values = text(invocation, 'values') ?? 'logits';
  if (values !== 'logits' && values !== 'probabilities')
    throw new UsageError(`--values is logits or probabilities, not ${values}`);
  const most = Math.min(
    config?.max_position_embeddings ?? MAX_LENGTH,
    tableHeights(onnx).positions ?? MAX_LENGTH,
    MAX_LENGTH,
  );
  const length = Number(text(invocation, 'maxLength') ?? most);
  if (!Number.isInteger(length) || length < 4 || length > 8192)
    throw new UsageError('--max-length is a whole number from 4 to 8192');
  const settings: ImportConfig = {
    ...{ onnx: digestOf(onnx), tokenizer: digestOf(tokenizer) },
    ...{ maxLength: length, padId: config?.pad_token_id ?? 0, values },
  };
  return {
    ...{
      model,
      trainer: importTrainer(adopt({ onnx, tokenizer }, labels, settings)),
      config: settings,
      workers: 1,
      seed: training.seed,
    },
    trigger: { kind: 'manual' },
    code: await new TrainingRepository(workspace.loaded.root).code(),
    dataOptions: workspace.config.data as Record<string, unknown>,
    averaging: () => averagingFor(workspace, model, labels),
  };
}

async function dataset(
  workspace: Workspace,
  out: Output,
  signal: AbortSignal,
  { labels, trainedOn }: { readonly labels: readonly string[]; readonly trainedOn: boolean },
): Promise<Dataset> {
  const context = loadContext(workspace, out, signal);
  if (!trainedOn) return loadForeign(workspace.config.data, labels, context);
  const found = await loadDataset(workspace.config.data, context, { near: true });
  const unknown = found.facts.labels.filter((label) => !labels.includes(label));
  if (unknown.length > 0)
    throw new ImportError(`the data has labels that the model does not know: ${unknown.join(', ')} (--labels)`);
  return { ...found, facts: { ...found.facts, labels: [...labels] } };
}
