import { RefMovedError } from '../../../../registry-repo/git.ts';
import { created, invalid, noContent, notFound, ok, Refusal } from '../answers.ts';
import { mayPush } from '../identity.ts';
import { type Context, page, type Routes } from '../route.ts';
import type { Account, Asset, Release } from '../state.ts';
import { digestOf } from '../world.ts';

function releaseOf({ repo, values }: Context): Release {
  const found = repo.releases.find((r) => r.id === Number(values.release_id));
  if (!found) throw notFound();
  return found;
}

function assetOf({ repo, values }: Context): { release: Release; asset: Asset } {
  for (const release of repo.releases)
    for (const asset of release.assets) if (asset.id === Number(values.asset_id)) return { release, asset };
  throw notFound();
}

const shownAsset = (c: Context, a: Asset) => ({
  id: a.id,
  name: a.name,
  label: a.label,
  state: a.state,
  size: a.bytes.length,
  content_type: a.contentType,
  digest: a.state === 'uploaded' ? `sha256:${digestOf(a.bytes)}` : null,
  url: `${c.world.url}/repos/${c.repo.fullName}/releases/assets/${a.id}`,
  created_at: a.createdAt,
  updated_at: a.updatedAt ?? a.createdAt,
});

const shown = (c: Context, r: Release) => ({
  id: r.id,
  tag_name: r.tag,
  target_commitish: r.target,
  name: r.name,
  body: r.body,
  draft: r.draft,
  prerelease: r.prerelease,
  created_at: r.createdAt,
  published_at: r.publishedAt,
  upload_url: `${c.world.url}/uploads/repos/${c.repo.fullName}/releases/${r.id}/assets{?name,label}`,
  assets: r.assets.map((a) => shownAsset(c, a)),
});

/** GitHub replaces characters that it does not accept with dots. */
const assetName = (name: string): string => name.replace(/[^\w.+-]/g, '.').replace(/\.{2,}/g, '.');

const already = (resource: string, field: string) =>
  new Refusal(422, 'Validation Failed', { errors: [{ resource, code: 'already_exists', field }] });

/** Only those who may publish drafts see them. */
const mayWrite = ({ actor, repo, world }: Context): boolean =>
  actor.permissions === 'all' || actor.permissions.contents === 'write'
    ? actor.account !== null && mayPush(world, actor.account, repo)
    : false;

/** Publishing makes the tag, if there is none. */
async function makeTag({ repo }: Context, tag: string, target: string): Promise<void> {
  if (await repo.git.resolve(`refs/tags/${tag}`)) return;
  const at = /^[0-9a-f]{40}$/.test(target)
    ? await repo.git.commitId(target)
    : await repo.git.resolve(`refs/heads/${target}`);
  if (!at) throw invalid('Release', 'target_commitish', 'invalid');
  await repo.git.updateRefs([{ ref: `refs/tags/${tag}`, to: at, from: null }]).catch((error) => {
    if (!(error instanceof RefMovedError)) throw error; // another request made it
  });
}

export const releaseRoutes: Routes = {
  'repos/list-releases': (c) =>
    page(
      c,
      c.repo.releases
        .filter((r) => !r.draft || mayWrite(c))
        .toReversed()
        .map((r) => shown(c, r)),
    ),
  'repos/get-release': (c) => ok(shown(c, releaseOf(c))),
  'repos/get-release-by-tag': (c) => {
    const found = c.repo.releases.find((r) => r.tag === c.values.tag && !r.draft);
    if (!found) throw notFound();
    return ok(shown(c, found));
  },
  'repos/create-release': async (c) => {
    if (!c.body.draft) await makeTag(c, c.body.tag_name, c.body.target_commitish ?? c.repo.defaultBranch);
    if (c.repo.releases.some((r) => r.tag === c.body.tag_name && !r.draft && !c.body.draft))
      throw already('Release', 'tag_name');
    const made: Release = {
      id: c.world.id(),
      author: c.actor.account as Account,
      createdAt: c.world.time(),
      tag: c.body.tag_name,
      target: c.body.target_commitish ?? c.repo.defaultBranch,
      name: c.body.name ?? null,
      body: c.body.body ?? null,
      draft: c.body.draft ?? false,
      prerelease: c.body.prerelease ?? false,
      publishedAt: c.body.draft ? null : c.world.time(),
      assets: [],
    };
    c.repo.releases.push(made);
    return created(shown(c, made));
  },
  'repos/update-release': async (c) => {
    const release = releaseOf(c);
    if (release.draft && c.body.draft === false) {
      await makeTag(c, c.body.tag_name ?? release.tag, c.body.target_commitish ?? release.target);
      release.publishedAt = c.world.time();
    }
    Object.assign(release, {
      tag: c.body.tag_name ?? release.tag,
      name: c.body.name ?? release.name,
      body: c.body.body ?? release.body,
      draft: c.body.draft ?? release.draft,
    });
    return ok(shown(c, release));
  },
  'repos/delete-release': (c) => {
    c.repo.releases.splice(c.repo.releases.indexOf(releaseOf(c)), 1);
    return noContent;
  },
  'repos/list-release-assets': (c) =>
    page(
      c,
      releaseOf(c).assets.map((a) => shownAsset(c, a)),
    ),
  'repos/upload-release-asset': (c) => {
    const release = releaseOf(c);
    const name = assetName(c.query.name as string);
    if (c.bytes.length === 0) throw new Refusal(400, 'Bad Content-Length: ');
    if (!c.headers['content-type']) throw new Refusal(400, 'Content-Type must be set');
    if (release.assets.some((a) => a.name === name)) throw already('ReleaseAsset', 'name');
    if (release.assets.length >= 1000)
      throw new Refusal(422, 'Validation Failed', {
        errors: [
          { resource: 'ReleaseAsset', code: 'custom', message: 'file_count limited to 1000 assets per release' },
        ],
      });
    const asset: Asset = {
      id: c.world.id(),
      name,
      label: c.query.label ?? null,
      contentType: String(c.headers['content-type'] ?? ''),
      bytes: c.bytes,
      state: 'uploaded',
      uploader: c.actor.account as Account,
      createdAt: c.world.time(),
    };
    release.assets.push(asset);
    return created(shownAsset(c, asset));
  },
  'repos/get-release-asset': (c) => {
    const { asset } = assetOf(c);
    const raw = String(c.headers.accept).includes('application/octet-stream');
    if (raw && asset.state !== 'uploaded') throw notFound();
    if (!raw) return ok(shownAsset(c, asset));
    return { status: 302, headers: { location: `${c.world.downloadsUrl}/download/${asset.id}` } };
  },
  'repos/update-release-asset': (c) => {
    const { release, asset } = assetOf(c);
    const name = c.body.name === undefined ? asset.name : assetName(c.body.name);
    if (release.assets.some((a) => a !== asset && a.name === name)) throw already('ReleaseAsset', 'name');
    Object.assign(asset, { name, label: c.body.label ?? asset.label, updatedAt: c.world.time() });
    return ok(shownAsset(c, asset));
  },
  'repos/delete-release-asset': (c) => {
    const { release, asset } = assetOf(c);
    release.assets.splice(release.assets.indexOf(asset), 1);
    return noContent;
  },
};
