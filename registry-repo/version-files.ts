import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifacts } from './artifacts/artifacts.ts';
import { digestOf } from './digest.ts';
import { RegistryError } from './errors.ts';
import { type Manifest, type ManifestFile, versionFolder } from './manifest.ts';
import type { RegistryAt } from './registry.ts';

/** A file differs from what the manifest says. `reason` is stable. */
export class FileDiffersError extends RegistryError {
  readonly code = 'file_differs';
  readonly reason: 'digest' | 'size';
  constructor(reason: FileDiffersError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** One version's files. They are known by their digests, so it does not matter where they are. */
export type VersionFiles = {
  readonly registry: RegistryAt;
  readonly artifacts: Artifacts;
  readonly model: string;
  readonly version: number;
  readonly manifest: Manifest;
};

/**
 * A file's bytes, from the registry's tree or else from the artifact store, checked.
 *
 * @throws {FileDiffersError} the tree has other bytes, or another size than the manifest says
 * @throws {ArtifactMissingError} and the other errors of the artifact store and of {@link RegistryAt}
 */
export async function readVersionFile(of: VersionFiles, file: ManifestFile): Promise<Buffer> {
  const bytes = (await fromTree(of, file)) ?? (await of.artifacts.get(file.digest, file.sizeBytes));
  if (bytes.length !== file.sizeBytes) throw sizeDiffers(file, bytes.length);
  return bytes;
}

/** Writes files into a folder under their own names, without holding one from the store in memory. Errors as above. */
export async function copyVersionFiles(
  of: VersionFiles,
  folder: string,
  wanted: (path: string) => boolean,
): Promise<void> {
  for (const file of of.manifest.files.filter((f) => wanted(f.path))) {
    const target = join(folder, file.path);
    const bytes = await fromTree(of, file);
    if (bytes) await writeFile(target, bytes, { flag: 'wx' });
    else await of.artifacts.copy(file.digest, target, file.sizeBytes);
    const { size } = await stat(target);
    if (size !== file.sizeBytes) throw sizeDiffers(file, size);
  }
}

async function fromTree(of: VersionFiles, file: ManifestFile): Promise<Buffer | null> {
  const path = `${versionFolder(of.model, of.version)}/${file.path}`;
  if (!(await of.registry.stat(path))) return null;
  const bytes = await of.registry.file(path, file.sizeBytes);
  if (digestOf(bytes) === file.digest) return bytes;
  throw new FileDiffersError('digest', `${path} has the digest ${digestOf(bytes)}, its manifest says ${file.digest}`);
}

const sizeDiffers = (file: ManifestFile, size: number): FileDiffersError =>
  new FileDiffersError('size', `${file.path} has ${size} bytes, its manifest says ${file.sizeBytes}`);
