import { randomBytes } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AssetBytes } from '../../../../pipeline/forge/github/asset-bytes.ts';
import { ReleaseArtifacts } from '../../../../pipeline/forge/github/release-artifacts.ts';
import { ArtifactMissingError, ArtifactStoreError } from '../../../../registry-repo/artifacts/errors.ts';
import { digestOf } from '../../../../registry-repo/digest.ts';
import type { Digest } from '../../../../registry-repo/values.ts';
import { artifactsContract } from '../../../contract/artifacts.ts';
import { type GitHubDouble, startGitHubDouble } from '../../../doubles/github/double.ts';
import { forgeOn } from '../../../doubles/github/forge.ts';
import type { Asset, Repo } from '../../../doubles/github/state.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { rejects } from '../../../support/rejects.ts';
import { PATIENCE_MS } from '../../../support/until.ts';

const REPOSITORY = 'org/registry';
const doubles: GitHubDouble[] = [];

async function world() {
  const double = await startGitHubDouble({});
  doubles.push(double);
  const repo = await double.createRepo(REPOSITORY, { 'README.md': 'models\n' });
  const store = (over: Partial<ConstructorParameters<typeof ReleaseArtifacts>[0]> = {}, role?: 'read') => {
    const permissions = { contents: role ?? 'write', metadata: 'read' } as const;
    const login = { token: double.token(`someone-${role}`, { repo: REPOSITORY, role: role ?? 'write', permissions }) };
    const { place, credentials } = forgeOn(double, REPOSITORY, login).connection;
    const patience = { tries: 3, pauseMs: 1, stallMs: PATIENCE_MS };
    const scratch = temporaryFolder();
    return new ReleaseArtifacts({ place, credentials, clock: () => new Date(), patience, scratch, ...over });
  };
  return { double, repo, store };
}

const assetsOf = (repo: Repo): Asset[] => repo.releases.flatMap((r) => r.assets);

artifactsContract('releases of GitHub', async () => {
  const { repo, store } = await world();
  const damage = async (digest: Digest) => {
    const asset = assetsOf(repo).find((a) => a.name === digest.slice('sha256:'.length));
    Object.assign(asset as object, { bytes: Buffer.from('other bytes') });
  };
  return { artifacts: store(), damage };
});

const releases = suite('artifacts in releases');
releases.after(async () => {
  const found = doubles.flatMap((d) => d.violations);
  for (const double of doubles) await double.close();
  assert.equal(found, []);
});

releases('are read by whoever may read the repository, and by nobody else written', async () => {
  const { store } = await world();
  const digest = await store().put(Buffer.from('model'));
  const reader = store({}, 'read');
  assert.is((await reader.get(digest)).toString(), 'model');
  const refused = await rejects(reader.put(Buffer.from('other')), ArtifactStoreError);
  assert.is(refused.reason, 'forbidden');
});

releases('large bytes travel with progress', async () => {
  const { store } = await world();
  const bytes = randomBytes(5 * 1024 * 1024 + 3);
  const seen: string[] = [];
  const artifacts = store({ progress: ({ direction, done }) => seen.push(`${direction} ${done}`) });
  const digest = await artifacts.put(bytes);
  assert.ok(seen.includes(`upload ${bytes.length}`) && seen.length >= 6);
  assert.ok((await artifacts.get(digest)).equals(bytes));
  assert.is(seen.at(-1), `download ${bytes.length}`);
});

releases('an upload that broke off is cleared away and sent again', async () => {
  const { double, repo, store } = await world();
  double.fault({ match: /^repos\/upload-release-asset$/, kind: '502' });
  const digest = await store().put(Buffer.from('model'));
  assert.equal(
    assetsOf(repo).map((a) => [a.name, a.state]),
    [[digest.slice(7), 'uploaded']],
  );
});

for (const kind of ['drop-before', 'drop-after', '500', '502-after', 'secondary-limit', 'wrong-json'] as const)
  releases(`an upload whose answer is ${kind}: one file in the end`, async () => {
    const { double, repo, store } = await world();
    double.fault({ match: /^repos\/upload-release-asset$/, kind });
    const digest = await store().put(Buffer.from('model'));
    assert.is(assetsOf(repo).length, 1);
    assert.is((await store().get(digest)).toString(), 'model');
  });

releases('ten puts of the same bytes at once: one file', async () => {
  const { repo, store } = await world();
  const digests = await Promise.all(Array.from({ length: 10 }, () => store().put(Buffer.from('model'))));
  assert.is(new Set(digests).size, 1);
  assert.is(assetsOf(repo).length, 1);
  assert.is(repo.releases.length, 1);
});

releases('a put while it is removed: the bytes stay', async () => {
  const { double, repo, store } = await world();
  const digest = await store().put(Buffer.from('model'));
  const before = new Date(Date.now() + 1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const put = () => store().put(Buffer.from('model'));
  double.fault({ match: /^repos\/update-release-asset$/, kind: { run: put } });
  assert.is(await store().remove(digest, before), false);
  assert.is((await store().get(digest)).toString(), 'model');
  assert.is(assetsOf(repo).length, 1);
});

releases('what is not there is missing, not an error of the store', async () => {
  const { store } = await world();
  await rejects(store().get(digestOf('nothing')), ArtifactMissingError);
});

releases('our token goes to the forge alone', async () => {
  const asked: string[] = [];
  const credentials = { kind: 'token', token: async () => 'secret', account: null } as const;
  const answer = (url: string, init?: RequestInit) => {
    asked.push(`${url} ${new Headers(init?.headers).get('authorization')}`);
    return url.includes('storage')
      ? new Response('abc', { headers: { 'content-length': '3' } })
      : new Response(null, { status: 302, headers: { location: 'https://storage.example.org/x' } });
  };
  const bytes = new AssetBytes('https://api.github.com', credentials, async (input, init) =>
    answer(String(input), init),
  );
  await bytes.download('https://api.github.com/repos/o/r/releases/assets/1', 0);
  assert.equal(asked, [
    'https://api.github.com/repos/o/r/releases/assets/1 token secret',
    'https://storage.example.org/x null',
  ]);
  const upload = { name: 'x', label: '', sizeBytes: 0, chunks: (async function* () {})() };
  for (const url of [
    'https://evil.example.org/x{?name,label}',
    'http://uploads.github.com/x',
    'https://uploads.github.com:444/x',
  ])
    await rejects(bytes.upload(url, upload), Error);
  assert.is(asked.length, 2, 'nothing was sent');
});

releases('a redirect to a page without encryption is not followed', async () => {
  const credentials = { kind: 'token', token: async () => 'secret', account: null } as const;
  const away = async () => new Response(null, { status: 302, headers: { location: 'http://storage.example.org/x' } });
  const bytes = new AssetBytes('https://api.github.com', credentials, away);
  await rejects(bytes.download('https://api.github.com/repos/o/r/releases/assets/1', 0), Error);
});

releases.run();
