import { createInterface } from 'node:readline';
import { predict as predictWith } from '../operations/predict.ts';
import { share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const predict: Command<Workspace> = {
  details: 'Texts are arguments, or lines of standard input. The model is verified exactly as a server verifies it.',
  json: true,
  arguments: [
    { name: 'text', description: 'texts; without any, standard input is read', optional: true, variadic: true },
  ],
  flags: [{ flags: '--model <name>', description: 'the model', setting: 'model' }],
  examples: [
    ['pawl predict "A great film, funny and moving."', 'one text'],
    ['pawl predict --json < reviews.txt', 'one text a line'],
  ],
  async run({ args, workspace, out, stdin }) {
    const texts = args.length > 0 ? args : await linesOf(stdin);
    const { version, predictions } = await predictWith(workspace, texts);
    out.result({ model: { name: workspace.config.model, version }, predictions }, () =>
      textTable(
        ['label', 'probability', 'text'],
        predictions.map(({ label, probability }, i) => [label, share(probability), (texts[i] as string).slice(0, 80)]),
        [1],
      ),
    );
    return 0;
  },
};

async function linesOf(stream: NodeJS.ReadableStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
    if (line !== '') lines.push(line);
  return lines;
}
