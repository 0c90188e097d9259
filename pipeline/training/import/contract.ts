import type { Finding } from '../../../registry-repo/judge/finding.ts';
import type { Manifest } from '../../../registry-repo/manifest.ts';
import { scanOnnx } from '../../../registry-repo/onnx-scan/scan.ts';
import { type Declared, type Signature, signatureOf } from '../../../registry-repo/onnx-scan/signature-of.ts';
import { WireError } from '../../../registry-repo/onnx-scan/wire.ts';
import { ImportError } from './errors.ts';

type Contract = Manifest['contract'];
type Inputs = { readonly ids: string; readonly mask: string | null; readonly types: string | null };

/** Inputs of a sequence classifier, as Optimum and transformers.js name them. */
const IDS = 'input_ids';
const MASK = 'attention_mask';
const TYPES = 'token_type_ids';
const ELEMENTS: Readonly<Record<number, 'float32' | 'int32' | 'int64'>> = { 1: 'float32', 6: 'int32', 7: 'int64' };

/**
 * The inputs and outputs of a model's graph, read from the graph itself and compared with what a registry accepts: the
 * same scan as the gate's, before anything loads the file.
 *
 * @param labels how many
 * @throws {ImportError} naming everything that is wrong
 */
export function contractOf(
  bytes: Uint8Array,
  labels: number,
  values: 'logits' | 'probabilities',
): { contract: Contract; inputs: Inputs } {
  const signature = read(bytes);
  const problems = problemsOf(signature, labels);
  if (problems.length > 0) throw new ImportError(problems.join('; '));
  const [output] = signature.outputs as [Declared];
  const contract: Contract = {
    inputs: signature.inputs.map(({ name, element }) => ({
      name,
      type: ELEMENTS[element] as 'int32' | 'int64',
      shape: ['batch', 'length'],
    })),
    output: { name: output.name, type: 'float32', shape: ['batch', labels], values },
  };
  const findings = scanOnnx(bytes, contract);
  if (findings.length > 0) throw new ImportError([...kindsOf(findings)].map(told).join('; '));
  const named = (name: string) => (signature.inputs.some((i) => i.name === name) ? name : null);
  return { contract, inputs: { ids: IDS, mask: named(MASK), types: named(TYPES) } };
}

/** What the exporter could have done otherwise, where one can tell. */
const REMEDIES: Readonly<Record<string, string>> = {
  'external-data':
    'put it into one file, e.g. with onnx.save_model(onnx.load("model.onnx"), "whole.onnx", save_as_external_data=False) in Python',
};

function kindsOf(findings: readonly Finding[]): Map<string, Finding[]> {
  const kinds = new Map<string, Finding[]>();
  for (const finding of findings) kinds.set(finding.code, [...(kinds.get(finding.code) ?? []), finding]);
  return kinds;
}

function told([code, [first, ...more]]: [string, Finding[]]): string {
  const others = more.length > 0 ? ` (and ${more.length} more)` : '';
  return `${first?.message} [${code}]${others}${REMEDIES[code] ? `: ${REMEDIES[code]}` : ''}`;
}

function read(bytes: Uint8Array): Signature {
  try {
    return signatureOf(bytes);
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new ImportError(`not an ONNX model: ${cause.message}`, { cause });
  }
}

function problemsOf({ inputs, outputs }: Signature, labels: number): string[] {
  const known = new Set([IDS, MASK, TYPES]);
  const names = inputs.map((i) => i.name);
  const [output, ...more] = outputs;
  const last = output?.dimensions.at(-1) ?? null;
  return [
    ...(names.includes(IDS) ? [] : [`the graph has no input ${IDS}: export it as a sequence classifier`]),
    ...names
      .filter((n) => !known.has(n))
      .map((n) => `the graph has an input ${JSON.stringify(n)} that no text can fill`),
    ...inputs.flatMap(inputProblems),
    ...(output && more.length === 0 ? [] : [`the graph has ${outputs.length} outputs: export the logits alone`]),
    ...(output && (output.element !== 1 || output.dimensions.length !== 2)
      ? [`the output ${output.name} is not float32 of shape [batch, labels]`]
      : []),
    ...(output && last !== labels
      ? [`the output ${output.name} has ${last ?? 'any number of'} columns for ${labels} labels`]
      : []),
  ];
}

function inputProblems({ name, element, dimensions }: Declared): string[] {
  const type = ELEMENTS[element];
  return [
    ...(type === 'int64' || type === 'int32' ? [] : [`the input ${name} is not int64 or int32`]),
    ...(dimensions.length === 2 && dimensions.every((d) => d === null)
      ? []
      : [`the input ${name} has a fixed shape: export it with a free batch and length`]),
  ];
}
