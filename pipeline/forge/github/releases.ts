import * as z from 'zod';
import { hasStatus } from '../rest/failures.ts';
import { here, type Place, pause } from '../rest/place.ts';
import { AnyAnswer } from './answers.ts';

const Text = z.string().max(2000);

export const AssetAnswer = z.object({
  id: z.int().min(0),
  name: Text,
  /** When it was last put, in releases that Pawl made. */
  label: Text.nullish(),
  /** `uploaded`; or another state during the upload, and for ever if it broke off. */
  state: Text,
  size: z.int().min(0),
  /** `sha256:…`, from servers that give it. */
  digest: Text.nullish(),
  created_at: z.iso.datetime({ offset: true }),
  updated_at: z.iso.datetime({ offset: true }),
});
export type AssetAnswer = z.infer<typeof AssetAnswer>;

const ReleaseAnswer = z.object({ id: z.int().min(0), tag_name: Text, draft: z.boolean(), upload_url: Text });
export type ReleaseAnswer = z.infer<typeof ReleaseAnswer>;

/** The published release of a tag, or null. */
export async function findRelease(place: Place, tag: string): Promise<ReleaseAnswer | null> {
  try {
    return await place.api.get('GET /repos/{owner}/{repo}/releases/tags/{tag}', { ...here(place), tag }, ReleaseAnswer);
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
}

/** The same, but it is made if it does not exist; it is never shown as the repository's latest. */
export async function ensureRelease(place: Place, tag: string, text: string): Promise<ReleaseAnswer> {
  for (let attempt = 1; ; attempt++) {
    const found = await findRelease(place, tag);
    if (found) return found;
    const body = { tag_name: tag, name: tag, body: text, prerelease: true, make_latest: 'false' };
    try {
      return await place.api.send('POST /repos/{owner}/{repo}/releases', { ...here(place), ...body }, ReleaseAnswer);
    } catch (error) {
      if (attempt === 3) throw error; // another process may have made it, or the answer was lost: look again
      await pause(place, attempt);
    }
  }
}

/** Every release of the repository. */
export const listReleases = (place: Place): Promise<ReleaseAnswer[]> =>
  place.api.list('GET /repos/{owner}/{repo}/releases', here(place), ReleaseAnswer);

export const listAssets = (place: Place, release: number): Promise<AssetAnswer[]> =>
  place.api.list(
    'GET /repos/{owner}/{repo}/releases/{release_id}/assets',
    { ...here(place), release_id: release },
    AssetAnswer,
  );

/** @returns the asset as it is now; null if it is gone */
export async function editAsset(
  place: Place,
  id: number,
  change: { name?: string; label?: string },
): Promise<AssetAnswer | null> {
  try {
    return await place.api.send(
      'PATCH /repos/{owner}/{repo}/releases/assets/{asset_id}',
      { ...here(place), asset_id: id, ...change },
      AssetAnswer,
    );
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
}

/** Removes an asset; a missing asset is no error. */
export async function deleteAsset(place: Place, id: number): Promise<void> {
  try {
    await place.api.send(
      'DELETE /repos/{owner}/{repo}/releases/assets/{asset_id}',
      { ...here(place), asset_id: id },
      AnyAnswer,
    );
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
}
