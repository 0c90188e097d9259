import type * as z from 'zod';
import { digestOf } from './digest.ts';
import { MalformedFileError, RegistryError } from './errors.ts';
import { EvaluationSet, evaluationPath } from './evaluation-set.ts';
import { MAX_JSON_BYTES, parseFile } from './file.ts';
import type { Git } from './git.ts';
import type { TreeEntry } from './git-tree.ts';
import { Manifest, manifestPath } from './manifest.ts';
import { POLICY_PATH, Policy } from './policy.ts';
import { Production, productionPath } from './production.ts';
import { type Digest, Name, type ObjectId, Version } from './values.ts';

/** What a file says, with the digest of its exact bytes. */
export type Pinned<T> = { readonly value: T; readonly digest: Digest };

/** There is no such file at this commit. */
export class FileMissingError extends RegistryError {
  readonly code = 'file_missing';
}

/** The path exists, but is no plain file: a symbolic link, an executable, a submodule, a folder. */
export class ForbiddenModeError extends RegistryError {
  readonly code = 'forbidden_mode';
}

/** The file is larger than allowed. It was not read. */
export class FileTooLargeError extends RegistryError {
  readonly code = 'file_too_large';
}

/**
 * A registry as it was at one commit. Everything is read by object id from that commit's tree. No work tree, branch
 * name or link is used, so a second read gives the same bytes.
 *
 * Every method throws {@link FileMissingError} (unless it says otherwise), {@link ForbiddenModeError}, {@link
 * FileTooLargeError}, {@link MalformedFileError} or {@link GitError}.
 */
export class RegistryAt {
  readonly git: Git;
  readonly commit: ObjectId;
  /** A commit never changes, so what was read from it may be kept. */
  readonly #found = new Map<string, Promise<TreeEntry | null>>();

  constructor(git: Git, commit: ObjectId) {
    this.git = git;
    this.commit = commit;
  }

  policy(): Promise<Pinned<Policy>> {
    return this.#parsed(Policy, POLICY_PATH);
  }

  /** @throws {MalformedFileError} also if the file has another name inside */
  async evaluationSet(name: string): Promise<Pinned<EvaluationSet>> {
    const path = evaluationPath(named(name));
    const set = await this.#parsed(EvaluationSet, path);
    if (set.value.name !== name) throw new MalformedFileError(path, [`name: "${set.value.name}" is not "${name}"`]);
    return set;
  }

  /** The baseline of a model, or null before its first promotion. */
  async production(model: string): Promise<Pinned<Production> | null> {
    const path = productionPath(named(model));
    const entry = await this.#entry(path);
    if (!entry) return null;
    const production = await this.#parsed(Production, path, entry);
    if (production.value.model !== model)
      throw new MalformedFileError(path, [`model: "${production.value.model}" is not "${model}"`]);
    return production;
  }

  /** @throws {MalformedFileError} also if it is another model's manifest */
  async manifest(model: string, version: number): Promise<Pinned<Manifest>> {
    const path = manifestPath(named(model), Version.parse(version));
    const manifest = await this.#parsed(Manifest, path);
    if (manifest.value.model !== model)
      throw new MalformedFileError(path, [`model: "${manifest.value.model}" is not "${model}"`]);
    return manifest;
  }

  /** Models in production, in order of their names. */
  async models(): Promise<string[]> {
    const names = (await this.git.folder(this.commit, 'models'))
      .map((entry) => entry.path.slice('models/'.length))
      .filter((name) => Name.safeParse(name).success);
    const pointers = await Promise.all(names.map((name) => this.git.entry(this.commit, productionPath(name))));
    return names.filter((_, i) => pointers[i] !== null);
  }

  /** Numbers of a model's versions on this commit, ascending. */
  async versions(model: string): Promise<number[]> {
    const folder = `models/${named(model)}/versions`;
    return (await this.git.folder(this.commit, folder))
      .map((entry) => entry.path.slice(folder.length + 1))
      .filter((name) => /^[1-9][0-9]{0,9}$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** A plain file's bytes. */
  async file(path: string, maxBytes: number): Promise<Buffer> {
    return this.#read(path, maxBytes, await this.#entry(path));
  }

  /** Object id and size of a plain file, or null; nothing is read. */
  async stat(path: string): Promise<{ oid: ObjectId; sizeBytes: number } | null> {
    const entry = await this.#entry(path);
    return entry && { oid: entry.oid, sizeBytes: await this.git.blobSize(entry.oid) };
  }

  async #parsed<S extends z.ZodType>(schema: S, path: string, known?: TreeEntry): Promise<Pinned<z.output<S>>> {
    const bytes = await this.#read(path, MAX_JSON_BYTES, known ?? (await this.#entry(path)));
    return { value: parseFile(schema, path, bytes), digest: digestOf(bytes) };
  }

  async #entry(path: string): Promise<TreeEntry | null> {
    const found = this.#found.get(path) ?? this.git.entry(this.commit, plain(path));
    this.#found.set(path, found);
    found.catch(() => this.#found.delete(path)); // a read that fails now may succeed later
    const entry = await found;
    if (entry && entry.mode !== '100644')
      throw new ForbiddenModeError(`${path} at ${this.commit} is no plain file (mode ${entry.mode})`);
    return entry;
  }

  async #read(path: string, maxBytes: number, entry: TreeEntry | null): Promise<Buffer> {
    if (!entry) throw new FileMissingError(`${path} is not in the registry at ${this.commit}`);
    const size = await this.git.blobSize(entry.oid);
    if (size > maxBytes) throw new FileTooLargeError(`${path} has ${size} bytes, ${maxBytes} at most are read`);
    return this.git.blob(entry.oid, maxBytes);
  }
}

function named(name: string): string {
  if (Name.safeParse(name).success) return name;
  throw new FileMissingError(`${JSON.stringify(name.slice(0, 100))} is no name that a registry can have`);
}

/** Refuses paths that could mean anything but a place in this tree. */
function plain(path: string): string {
  const parts = path.split('/');
  const odd = parts.some((part) => part === '' || part === '.' || part === '..') || /[\p{Cc}\\]/u.test(path);
  if (odd) throw new FileMissingError(`${JSON.stringify(path.slice(0, 200))} is no path in a registry`);
  return path;
}
