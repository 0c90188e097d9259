import type { Artifacts } from '../../registry-repo/artifacts/artifacts.ts';
import { MAX_JSON_BYTES, parseFile } from '../../registry-repo/file.ts';
import { MANIFEST_FILE, Manifest } from '../../registry-repo/manifest.ts';

/** A candidate's manifest from the artifact store, with its exact bytes. Errors as `Artifacts.get` and `parseFile`. */
export async function readCandidate(
  artifacts: Artifacts,
  digest: string,
): Promise<{ manifest: Manifest; bytes: Buffer }> {
  const bytes = await artifacts.get(digest, MAX_JSON_BYTES);
  return { manifest: parseFile(Manifest, MANIFEST_FILE, bytes), bytes };
}
