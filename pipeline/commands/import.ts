import { type ImportOptions, importFiles } from '../operations/import.ts';
import { UsageError } from '../operations/not-found.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, type Invocation, text } from './command.ts';
import { DATA_FLAGS } from './dataset.ts';
import { refuse } from './refuse.ts';
import { report } from './train.ts';

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
    if (['onnx', 'tokenizer', 'modelConfig'].every((flag) => given(flag) !== undefined))
      refuse(invocation, ['--folder'], '--onnx, --tokenizer and --model-config name every file already');
    const paths = {
      folder: given('folder'),
      onnx: given('onnx'),
      tokenizer: given('tokenizer'),
      config: given('modelConfig'),
      from: workspace.loaded.request.folder,
    };
    const outcome = await importFiles(workspace, paths, optionsOf(invocation), out, signal);
    report(out, outcome, null, performance.now() - started);
    return 0;
  },
};

function optionsOf(invocation: Invocation<Workspace>): ImportOptions {
  const values = text(invocation, 'values') ?? 'logits';
  if (values !== 'logits' && values !== 'probabilities')
    throw new UsageError(`--values is logits or probabilities, not ${values}`);
  const length = text(invocation, 'maxLength');
  return {
    labels: text(invocation, 'labels'),
    values,
    maxLength: length === undefined ? null : Number(length),
    trainedOnData: invocation.flags.trainedOnData === true,
  };
}
