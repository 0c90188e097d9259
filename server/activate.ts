import { claimName } from '../registry-repo/averaging.ts';
import { isForRuntime, type Manifest, MODEL_FILE } from '../registry-repo/manifest.ts';
import { checkNeeds } from '../registry-repo/runtime/byte-sums.ts';
import { thisProcessor } from '../registry-repo/runtime/this-processor.ts';
import type { Digest, ObjectId } from '../registry-repo/values.ts';
import { Pool, type PoolOptions, type Trouble } from './inference/pool.ts';
import type { ProvenVersion } from './registry.ts';
import { type SelfTest, selfTest } from './self-test.ts';
import type { ServedModel } from './served.ts';

/**
 * Loads a verified version into new workers, and lets each worker repeat the manifest's golden answers.
 *
 * @throws {ProcessorLacksVnniError} before any file is read
 */
export async function loadVersion(
  { manifest, files }: ProvenVersion,
  options: PoolOptions,
  onTrouble: (trouble: Trouble) => void,
): Promise<{ pool: Pool; test: SelfTest }> {
  checkNeeds(manifest, thisProcessor());
  const paths = manifest.files.map((file) => file.path).filter(isForRuntime);
  let test: SelfTest = { rows: 0, maxDifference: 0 };
  const check = async (classify: Parameters<typeof selfTest>[1]) => {
    const { rows, maxDifference } = await selfTest(manifest, classify);
    test = { rows, maxDifference: Math.max(maxDifference, test.maxDifference) };
  };
  const pool = await Pool.start({ manifest, files: () => files(paths), check }, options, onTrouble);
  return { pool, test };
}

/** What is known of a version at a commit. */
export function describe(proven: ProvenVersion, commit: ObjectId, since: Date): ServedModel {
  const { manifest, manifestDigest, version, verdict, promotion, measured } = proven;
  return {
    name: manifest.model,
    version,
    labels: manifest.labels,
    manifest: manifestDigest,
    model: modelDigest(manifest),
    commit,
    verdict,
    promotion,
    since,
    run: { id: manifest.run.id, trainer: manifest.run.trainer },
    claimed: {
      ...manifest.claimed,
      labels: manifest.labels,
      measure: claimName(manifest),
    },
    measured,
  };
}

const modelDigest = (manifest: Manifest): Digest =>
  manifest.files.find((file) => file.path === MODEL_FILE)?.digest as Digest; // the manifest's schema requires it
