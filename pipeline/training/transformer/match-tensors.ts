import { plainPath } from '../../errors.ts';
import { type Architecture, parameterShapes } from './architecture.ts';
import { isReal } from './floats.ts';
import type { Header, StoredTensor } from './safetensors-header.ts';
import { isForeign, landmark, OUTPUT, prefixesOf, tensorName } from './tensor-names.ts';

/** What a tensor of the file becomes. */
export type TensorUse = { readonly parameter: string; readonly transposed: boolean };

export type Match = {
  readonly byTensor: ReadonlyMap<string, TensorUse>;
  /** The parameters that are there, in the order of `parameterShapes`. */
  readonly order: readonly string[];
  /** Outputs of the head; null where the file has no head for a classifier. */
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
  const prefix = prefixOf(architecture, stored);
  const outputs = outputsOf(stored);
  const byTensor = new Map<string, TensorUse>();
  const order: string[] = [];
  const missing: string[] = [];
  const wrong: string[] = [];
  for (const [parameter, shape] of parameterShapes(architecture, outputs ?? 2)) {
    if (outputs === null && parameter.startsWith('head/output/')) continue;
    const { names, transposed } = tensorName(architecture, prefix, parameter);
    const tensor = names.map((name) => stored.get(name)).find((found) => found !== undefined);
    const wanted = transposed ? [...shape].reverse() : shape;
    if (!tensor) {
      missing.push(names[0] as string);
      continue;
    }
    byTensor.set(tensor.name, { parameter, transposed });
    order.push(parameter);
    if (tensor.shape.join() !== wanted.join())
      wrong.push(`${tensor.name} is [${tensor.shape}], config.json makes it [${wanted}]`);
    else if (!isReal(tensor.dtype)) wrong.push(`${tensor.name} is of type ${tensor.dtype}`);
  }
  // An encoder without the head's hidden layer is complete as well; half of one is not.
  const hidden = order.filter((parameter) => parameter.startsWith('head/hidden/'));
  const hiddenNames = ['kernel', 'bias'].flatMap(
    (kind) => tensorName(architecture, prefix, `head/hidden/${kind}`).names,
  );
  const excused = hidden.length === 0 && outputs === null ? hiddenNames : [];
  const unused = [...stored.keys()].filter((name) => !byTensor.has(name));
  const isHead = (name: string) => outputs === null && name.startsWith('classifier.');
  const problems = [
    told(
      'missing',
      missing.filter((name) => !excused.includes(name)),
    ),
    told('of a wrong shape or type', wrong),
    told(
      'unknown',
      unused.filter((name) => !isForeign(architecture, name) && !isHead(name)),
    ),
  ].flat();
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  return { byTensor, order, outputs, unused };
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

/** A head with one output is a regression's: there is none for labels. */
function outputsOf(stored: ReadonlyMap<string, StoredTensor>): number | null {
  const [outputs, width] = stored.get(OUTPUT)?.shape ?? [];
  return outputs !== undefined && width !== undefined && outputs >= 2 && outputs <= 1000 ? outputs : null;
}
