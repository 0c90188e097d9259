import { nbsvm } from '../../pipeline/training/nbsvm/nbsvm.ts';
import type { Manifest } from '../../registry-repo/manifest.ts';
import { MODEL_FILE } from '../../registry-repo/manifest.ts';
import type { Row } from '../../registry-repo/rows.ts';
import type { RuntimeSource } from '../../registry-repo/runtime/runtime.ts';
import { LABELS, rowsFor } from './models.ts';
import { trainingContext } from './training-context.ts';

/** A model as it is trained, not by hand; what `loadRuntime` takes, and its graph's bytes. */
export type Trained = RuntimeSource & { readonly bytes: Uint8Array };

/** `nbsvm` on the rows of `models.ts`, which it learns without a fault. */
export async function trained(rows: readonly Row[] = rowsFor('training'), labels = LABELS): Promise<Trained> {
  const model = await nbsvm.train(trainingContext({ rows, labels }), nbsvm.config.parse({}));
  const bytes = model.files.find((f) => f.path === MODEL_FILE)?.bytes as Uint8Array;
  return sourceOf(bytes, { labels, preprocessor: model.preprocessor, contract: model.contract });
}

export const sourceOf = (
  bytes: Uint8Array,
  manifest: Pick<Manifest, 'labels' | 'preprocessor' | 'contract'>,
): Trained => ({ manifest, bytes, file: () => bytes });
