import type { ByteWeights } from '../onnx/quantize.ts';
import { UsageError } from '../operations/not-found.ts';
import { type Beside, type QuantizedRun, quantizeModel } from '../operations/quantize.ts';
import { bytes, share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command, Invocation } from './command.ts';

export const quantize: Command<Workspace> = {
  memory: 'computes',
  details:
    'The weights of matrix products and of embeddings are rounded to 8 bits, with a scale for each column. The other factor of a product is rounded while the model runs. The result is a run and a candidate of its own, measured on the test rows of the run that made the original: `pawl promote` lets the same gate judge it. The original does not change. The new model answers the same on every processor. --signed and --seven-bits are faster if texts come many at a time and the processor has VNNI. Signed bytes are as exact, but without VNNI only Pawl’s own runtime keeps their sums from overflowing. 7 bits never overflow, and are less exact.',
  json: true,
  arguments: [{ name: 'model', description: 'a run id, or a version: 2, v2, model@2' }],
  flags: [
    { flags: '--keep-embeddings', description: 'do not round embeddings: larger, slightly more exact' },
    { flags: '--signed', description: 'for processors with VNNI: as exact, and faster there' },
    { flags: '--seven-bits', description: 'weights of 7 bits: faster, never overflows, less exact' },
  ],
  examples: [['pawl quantize v2', 'then: pawl promote']],
  async run(invocation) {
    const {
      args: [wanted = ''],
      flags,
      workspace,
      out,
      signal,
    } = invocation;
    const options = { embeddings: flags.keepEmbeddings !== true, weights: weightsOf(flags) };
    const value = await quantizeModel(workspace, wanted, options, out, signal);
    out.result(value, () => describe(value));
    return 0;
  },
};

function weightsOf({ signed, sevenBits }: Invocation<Workspace>['flags']): ByteWeights {
  if (signed === true && sevenBits === true) throw new UsageError('--signed and --seven-bits exclude each other');
  if (signed === true) return 'signed';
  return sevenBits === true ? 'seven-bits' : 'unsigned';
}

function describe(value: QuantizedRun): string {
  const { run, parent, products, tables, compared, agreement, measure, f1, modelBytes, textsPerSecond: speed } = value;
  const row = (name: string, { original, quantised }: Beside, print: (n: number) => string) => [
    name,
    print(original),
    print(quantised),
  ];
  return [
    `run ${run}: ${parent} with ${products} matrix products and ${tables} embeddings as bytes`,
    textTable(
      ['', 'original', 'quantised'],
      [
        row(`${named(measure)}, as claimed`, f1, share),
        row('graph', modelBytes, bytes),
        row('texts a second', speed, (n) => String(Math.round(n))),
      ],
      [1, 2],
    ),
    `both answer alike on ${share(agreement)} of ${compared} test rows\nnext: pawl promote ${run}`,
  ].join('\n\n');
}

/** Both names if the original was measured by other rules. */
const named = ({ original, quantised }: QuantizedRun['measure']): string =>
  original === quantised ? original : `${original} and ${quantised}`;
