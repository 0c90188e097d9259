import type { Artifacts } from '../artifacts/artifacts.ts';
import { errored, type Finding, failed } from '../judge/finding.ts';
import { versionFolder } from '../manifest.ts';
import type { Production } from '../production.ts';
import type { RegistryAt } from '../registry.ts';
import type { VersionRef } from '../values.ts';
import type { VersionFiles } from '../version-files.ts';
import { type Change, checkVersionFiles } from './change.ts';
import { fromBase, fromHead, Stop, stopIf } from './stop.ts';

/** One side of a comparison: a version with its digests, and where its files are. */
export type Side = { readonly ref: VersionRef; readonly files: VersionFiles };

export const refOf = ({ version, manifest }: VersionRef): VersionRef => ({ version, manifest });
export const sameRef = (a: VersionRef | null, b: VersionRef | null): boolean =>
  a?.version === b?.version && a?.manifest === b?.manifest;

/** A promotion's candidate: a version that is new on main, as its manifest and its pointer say. */
export async function newVersion(context: {
  branch: RegistryAt;
  main: RegistryAt;
  artifacts: Artifacts;
  change: Extract<Change, { class: 'promotion' }>;
  production: Production;
  treeBytes: number;
}): Promise<Side> {
  const { branch, main, artifacts, change, production, treeBytes } = context;
  const { model, version } = change;
  const findings: Finding[] = [];
  if (production.version !== version)
    findings.push(failed('version-differs', `production.json points to ${production.version}, ${version} is added`));
  if ((await fromBase(main.git.folder(main.commit, versionFolder(model, version)))).length > 0)
    findings.push(failed('version-taken', `version ${version} of ${model} is on main already`));
  const manifest = await fromHead(branch.manifest(model, version));
  if (manifest.digest !== production.manifest)
    findings.push(
      failed('manifest-differs', `production.json pins the manifest ${production.manifest}, it is ${manifest.digest}`),
    );
  const sizes = new Map<string, number>();
  for (const [name, { path }] of change.files) sizes.set(name, (await fromHead(branch.stat(path)))?.sizeBytes ?? 0);
  stopIf([...findings, ...checkVersionFiles(manifest.value, sizes, treeBytes)]);
  return {
    ref: { version, manifest: manifest.digest },
    files: { registry: branch, artifacts, model, version, manifest: manifest.value },
  };
}

/** A rollback's target, read from main. `rollback.ts` checks where it has been. */
export async function oldVersion(context: {
  main: RegistryAt;
  artifacts: Artifacts;
  model: string;
  production: Production;
}): Promise<Side> {
  const { main, artifacts, model, production } = context;
  const { version, previous } = production;
  if (sameRef(production, previous))
    throw new Stop([failed('already-in-production', `version ${version} of ${model} is in production already`)]);
  if ((await fromBase(main.git.folder(main.commit, versionFolder(model, version)))).length === 0)
    throw new Stop([failed('no-such-version', `version ${version} of ${model} is not on main`)]);
  const manifest = await fromBase(main.manifest(model, version));
  if (manifest.digest !== production.manifest)
    throw new Stop([
      failed(
        'manifest-differs',
        `production.json pins the manifest ${production.manifest}, on main it is ${manifest.digest}`,
      ),
    ]);
  return {
    ref: refOf(production),
    files: { registry: main, artifacts, model, version, manifest: manifest.value },
  };
}

export async function baselineSide(main: RegistryAt, artifacts: Artifacts, production: Production): Promise<Side> {
  const { model, version } = production;
  const manifest = await fromBase(main.manifest(model, version));
  if (manifest.digest !== production.manifest)
    throw new Stop([
      errored(
        'base-manifest-differs',
        `on main, production.json pins ${production.manifest}, the manifest is ${manifest.digest}`,
      ),
    ]);
  return {
    ref: refOf(production),
    files: { registry: main, artifacts, model, version, manifest: manifest.value },
  };
}
