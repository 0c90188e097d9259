import type { DistilbertConfig } from './config.ts';

/**
 * The factor of the learning rate for a parameter: 1 at the head and less and less below it (Clark et al. 2020); 0 for
 * parameters that are frozen.
 *
 * @param layers of the encoder
 */
export function layerRates(
  layers: number,
  {
    layerDecay,
    frozenEmbeddings,
    frozenLayers,
  }: Pick<DistilbertConfig, 'layerDecay' | 'frozenEmbeddings' | 'frozenLayers'>,
): (parameter: string) => number {
  return (parameter) => {
    const depth = depthOf(parameter, layers);
    const frozen = frozenLayers > 0 ? depth <= frozenLayers : frozenEmbeddings && depth === 0;
    return frozen ? 0 : layerDecay ** (layers + 1 - depth);
  };
}

/** 0 for the embeddings, 1 and up for layers, one more than the last of them for the head. */
function depthOf(parameter: string, layers: number): number {
  if (parameter.startsWith('embeddings/')) return 0;
  const layer = /^layer\/(\d+)\//.exec(parameter)?.[1];
  return layer === undefined ? layers + 1 : Number(layer) + 1;
}
