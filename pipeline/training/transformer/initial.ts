import { Random } from '../../../registry-repo/random.ts';
import { type Architecture, type Parameter, type Parameters, parameterShapes } from '../../onnx/architecture.ts';

/** Standard deviation of new weights, as BERT's. */
const DEVIATION = 0.02;

/**
 * A new parameter: normally distributed, but gains are 1 and biases 0. The same seed and name give the same numbers.
 */
export function initialParameter(name: string, shape: readonly number[], seed: number): Parameter {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  if (name.endsWith('/gain')) data.fill(1);
  else if (!name.endsWith('/bias')) fillNormal(data, Random.named(`${name} ${seed}`));
  return { shape, data };
}

/** The existing parameters, and new ones for the rest, in the order of `parameterShapes`. */
export function completeParameters(
  a: Architecture,
  labels: number,
  seed: number,
  known: Parameters = new Map(),
): Parameters {
  return new Map(
    [...parameterShapes(a, labels)].map(([name, shape]) => [
      name,
      known.get(name) ?? initialParameter(name, shape, seed),
    ]),
  );
}

/** Box & Muller (1958). */
function fillNormal(data: Float32Array, random: Random): void {
  for (let i = 0; i < data.length; i += 2) {
    const radius = DEVIATION * Math.sqrt(-2 * Math.log((random.bits() + 1) / 2 ** 32));
    const angle = (2 * Math.PI * random.bits()) / 2 ** 32;
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
}
