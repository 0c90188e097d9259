import { canonicalJson } from '../../events/canonical-json.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import type { Config } from '../config/config.ts';
import type { Sweep } from './read.ts';

/**
 * A sweep's name: the same points on the same data with the same seed are the same sweep, so that a stopped sweep
 * continues. The number of parallel runs does not matter.
 */
export const sweepId = (
  { definition, points }: Pick<Sweep, 'definition' | 'points'>,
  rest: { readonly model: string; readonly seed: number; readonly data: unknown },
): string =>
  digestOf(
    canonicalJson(
      JSON.parse(
        JSON.stringify({
          trainer: definition.trainer,
          configs: points.map(({ config }) => config),
          validationShare: definition.validationShare,
          ...rest,
        }),
      ),
    ),
  ).slice(7, 19);

/** The sweep's name with these settings. */
export const idOf = ({ model, training, data }: Pick<Config, 'model' | 'training' | 'data'>, found: Sweep): string =>
  sweepId(found, { model, seed: training.seed, data });
