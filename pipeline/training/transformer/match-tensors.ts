import { MAX_LABELS } from '../../../registry-repo/values.ts';
import { plainPath } from '../../errors.ts';
import { type Architecture, parameterShapes } from '../../onnx/architecture.ts';
import { isReal } from './floats.ts';
import type { Header, StoredTensor } from './safetensors-header.ts';
import { isForeign, landmark, OUTPUT, prefixesOf, tensorName } from './tensor-names.ts';

/** The use of a tensor of the file. */
export type TensorUse = { readonly parameter: string; readonly transposed: boolean };

export type Match = {
  readonly byTensor: ReadonlyMap<string, TensorUse>;
  /** The parameters that the file has, in the order of `parameterShapes`. */
  readonly order: readonly string[];
  /** Outputs of the head; null if the file has no head for a classifier. */
  readonly outputs: number | null;
  readonly unused: readonly string[];
};

const MAX_NAMED = 20;

/**
 * Finds every parameter of the architecture among a file's tensors, by name and shape.
 *
 * @throws {RangeError} naming all tensors that are missing, unknown, of a wrong shape or no real numbers
 */
export function matchTensors(architecture: Architecture, { tensors }: Header): Match {
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const outputs = outputsOf(stored);
  const wanted = wantedOf(architecture, stored, outputs);
  const found = wanted.flatMap((want) => (want.tensor ? [{ ...want, tensor: want.tensor }] : []));
  const byTensor = new Map(found.map(({ tensor, parameter, transposed }) => [tensor.name, { parameter, transposed }]));
  const unused = [...stored.keys()].filter((name) => !byTensor.has(name));
  const isHead = (name: string) => outputs === null && name.startsWith('classifier.');
  const problems = [
    told(
      'missing',
      wanted.filter(({ tensor }) => !tensor).map(({ names }) => names[0] as string),
    ),
    told('of a wrong shape or type', found.flatMap(misfit)),
    told(
      'unknown',
      unused.filter((name) => !isForeign(architecture, name) && !isHead(name)),
    ),
  ].flat();
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  return { byTensor, order: found.map(({ parameter }) => parameter), outputs, unused };
}

type Wanted = TensorUse & {
  readonly names: readonly string[];
  /** The shape that the file must have. */
  readonly shape: readonly number[];
  readonly tensor: StoredTensor | undefined;
};

/** The required parameters: all of a classifier's, or an encoder's with or without the head's hidden layer. */
function wantedOf(
  architecture: Architecture,
  stored: ReadonlyMap<string, StoredTensor>,
  outputs: number | null,
): Wanted[] {
  const prefix = prefixOf(architecture, stored);
  const all = [...parameterShapes(architecture, outputs ?? 2)].map(([parameter, shape]): Wanted => {
    const { names, transposed } = tensorName(architecture, prefix, parameter);
    const tensor = names.map((name) => stored.get(name)).find((found) => found !== undefined);
    return { parameter, transposed, names, shape: transposed ? [...shape].reverse() : shape, tensor };
  });
  if (outputs !== null) return all;
  const isHidden = ({ parameter }: Wanted) => parameter.startsWith('head/hidden/');
  const hasHidden = all.some((want) => isHidden(want) && want.tensor);
  return all.filter((want) => !want.parameter.startsWith('head/output/') && (hasHidden || !isHidden(want)));
}

function misfit({ tensor, shape }: Wanted & { readonly tensor: StoredTensor }): string[] {
  if (tensor.shape.join() !== shape.join())
    return [`${tensor.name} is [${tensor.shape}], config.json makes it [${shape}]`];
  return isReal(tensor.dtype) ? [] : [`${tensor.name} is of type ${tensor.dtype}`];
}

function told(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, MAX_NAMED).map((name) => plainPath(name.slice(0, 300)));
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return [`${names.length} tensor${names.length === 1 ? '' : 's'} ${what}: ${shown.join(', ')}${more}`];
}

function prefixOf(architecture: Architecture, stored: ReadonlyMap<string, StoredTensor>): string {
  const found = prefixesOf(architecture).filter((prefix) => stored.has(landmark(prefix)));
  if (found.length > 1) throw new RangeError(`there are two encoders: ${found.map(landmark).join(' and ')}`);
  return found[0] ?? (prefixesOf(architecture)[0] as string);
}

/** A head with one output is a regression's: it counts as none. */
function outputsOf(stored: ReadonlyMap<string, StoredTensor>): number | null {
  const [outputs, width] = stored.get(OUTPUT)?.shape ?? [];
  return outputs !== undefined && width !== undefined && outputs >= 2 && outputs <= MAX_LABELS ? outputs : null;
}
