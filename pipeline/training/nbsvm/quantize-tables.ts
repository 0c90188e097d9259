import type { QuantizedTables } from '../../onnx/embedding-bag.ts';
import type { ClassModel } from './fit-class.ts';

/**
 * Rounds the tables to a byte for each number; a model of 4 million ids has 8 MB. Evaluation and gate run the rounded
 * model, so the loss is measured.
 *
 * @param idOf the id of each column
 */
export function quantize(models: readonly ClassModel[], idOf: Int32Array, bits: number): QuantizedTables {
  const [ids, outputs] = [2 ** bits + 1, models.length];
  const tables: QuantizedTables = {
    ids,
    outputs,
    weights: new Int8Array(ids * outputs),
    weightScale: Float32Array.from(models, ({ weight }) => largest(weight) / 127),
    ratios: new Uint8Array(ids * outputs),
    ratioScale: Float32Array.from(models, ({ ratio }) => largest(ratio) / 255),
    slope: Float32Array.from(models, ({ sigmoid }) => sigmoid.slope),
    offset: Float32Array.from(models, ({ bias, sigmoid }) => sigmoid.slope * bias + sigmoid.offset),
  };
  models.forEach(({ weight, ratio }, output) => {
    const weightScale = tables.weightScale[output] as number;
    const ratioScale = tables.ratioScale[output] as number;
    for (let column = 0; column < idOf.length; column++) {
      const at = (idOf[column] as number) * outputs + output;
      tables.weights[at] = Math.round((weight[column] as number) / weightScale);
      tables.ratios[at] = Math.round(Math.abs(ratio[column] as number) / ratioScale);
    }
  });
  return tables;
}

/** The largest absolute number, or 1 if all are zero, because it is a divisor. */
export function largest(values: Float32Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most || 1;
}
