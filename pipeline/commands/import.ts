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
    'For sequence classifiers in the layout of Optimum and transformers.js: inputs input_ids, attention_mask and token_type_ids, one output with a number for each label, a tokenizer.json of BERT’s kind. Pawl scans the graph as the gate does, before anything loads it, and then measures it on the test rows of the configured data. Pawl does not know what the model was trained on, unless --trained-on-data says that it was the configured data. Without that flag, a policy that looks for leaked rows refuses the candidate.',
  json: true,
  flags: [
    { flags: '--folder <path>', description: 'a folder with onnx/model.onnx, tokenizer.json and config.json' },
    { flags: '--onnx <file>', description: 'the graph' },
    { flags: '--tokenizer <file>', description: 'tokenizer.json' },
    {
      flags: '--model-config <file>',
      description: 'config.json: labels, max input length, padding; after `import`, --config NAME.json is the same',
    },
    { flags: '--labels <names>', description: 'in the order of the outputs, as in the data: neg,pos' },
    { flags: '--max-length <n>', description: 'max tokens of a text; the rest is cut off' },
    { flags: '--values <kind>', description: 'what the output contains: logits (default) or probabilities' },
    { flags: '--trained-on-data', description: 'the model was trained on the training rows of the configured data' },
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
