import { existsSync } from 'node:fs';
import { MODEL_FILE } from '../../registry-repo/manifest.ts';
import type { Preprocessor } from '../../registry-repo/runtime/preprocessor.ts';
import { summariseBytes, summariseFile } from '../onnx/read-file.ts';
import type { OnnxSummary, Value } from '../onnx/summary.ts';
import { modelFor } from '../operations/model.ts';
import { bytes, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const modelShow: Command<Workspace> = {
  details: 'Only reads the file; loads and computes nothing.',
  json: true,
  arguments: [{ name: 'model', description: 'a run id, a version (2, v2, model@2), or an ONNX file' }],
  flags: [],
  examples: [
    ['pawl model show v2', 'what is in production?'],
    ['pawl model show model.onnx --json', 'any file, for a script'],
  ],
  async run({ args: [wanted = ''], workspace, out }) {
    const value = await described(workspace, wanted);
    out.result(value, () => text(value));
    return 0;
  },
};

type Shown = OnnxSummary & {
  readonly model: string;
  readonly labels: readonly string[] | null;
  readonly preprocessor: Preprocessor | null;
};

async function described(workspace: Workspace, wanted: string): Promise<Shown> {
  if (wanted.endsWith('.onnx') && existsSync(workspace.here(wanted)))
    return { model: wanted, labels: null, preprocessor: null, ...summariseFile(workspace.here(wanted), wanted) };
  const { name, manifest, file } = await modelFor(workspace, wanted);
  const { labels, preprocessor } = manifest;
  return { model: name, labels, preprocessor, ...summariseBytes(name, file(MODEL_FILE)) };
}

const whole = (n: number): string => n.toLocaleString('en-US');
const line = ({ name, type, shape }: Value): string[] => [name, type, `[${shape.map((d) => d ?? '?').join(', ')}]`];

const VNNI = {
  faster: 'on x86, faster with VNNI; without it Pawl rewrites signed bytes when it loads them, and answers the same',
  needed: 'on x86, right only with VNNI: without it, sums of bytes that it makes while it runs overflow',
} as const;

function text(shown: Shown): string {
  const { model, labels, preprocessor, inputs, outputs, operators, parametersByType, opsets, producer } = shown;
  const types = Object.entries(parametersByType).map(([type, count]) => `${whole(count)} ${type}`);
  const sets = Object.entries(opsets).map(([domain, version]) => `${domain} ${version}`);
  return [
    [
      `${model}: ${bytes(shown.sizeBytes)}, ${whole(shown.parameters)} parameters (${types.join(', ')})`,
      `operator sets ${sets.join(', ')}; file format ${shown.ir ?? 'unknown'}; written by ${producer || 'unknown'}`,
      ...(shown.vnni ? [VNNI[shown.vnni]] : []),
      shown.rowWise.rowWise
        ? 'row-wise: every text is answered by itself, so texts are computed together'
        : `not proven row-wise, so texts are computed one by one: ${shown.rowWise.why}`,
      ...(labels ? [`labels ${labels.join(', ')}`] : []),
      ...(preprocessor ? [`preprocessor ${JSON.stringify(preprocessor)}`] : []),
    ].join('\n'),
    textTable(['input', 'type', 'shape'], inputs.map(line)),
    textTable(['output', 'type', 'shape'], outputs.map(line)),
    textTable(
      ['operator', 'nodes'],
      operators.map(({ name, count }) => [name, String(count)]),
      [1],
    ),
  ].join('\n\n');
}
