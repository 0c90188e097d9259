import type { TreeChange } from '../git-tree.ts';
import { type Finding, failed, shown } from '../judge/finding.ts';
import { CHECKPOINT_FILE, MANIFEST_FILE, type Manifest } from '../manifest.ts';
import { FileName, Name, type ObjectId, Version } from '../values.ts';

/** A file that a change puts into the registry. */
export type ChangedFile = { readonly path: string; readonly oid: ObjectId };

/**
 * The class of a pull request's change, decided by its paths alone.
 *
 * - `promotion`: one model's pointer, and one new version of the same model, nothing else
 * - `rollback`: one model's pointer, nothing else
 * - `config`: rules and documents, for people to review; the gate never merges it
 * - `refused`: anything else, with a finding for each offending path
 */
export type Change =
  | {
      readonly class: 'promotion';
      readonly model: string;
      readonly version: number;
      readonly production: ChangedFile;
      /** The new version's files by their names in its folder, `manifest.json` among them. */
      readonly files: ReadonlyMap<string, ChangedFile>;
    }
  | { readonly class: 'rollback'; readonly model: string; readonly production: ChangedFile }
  | { readonly class: 'config'; readonly paths: readonly string[] }
  | { readonly class: 'refused'; readonly findings: readonly Finding[] };

/** A manifest lists at most 50 files; besides them there are the manifest, a checkpoint and the pointer. */
export const MAX_CHANGES = 53;

type Place =
  | { kind: 'production'; model: string }
  | { kind: 'version'; model: string; version: number; name: string }
  | { kind: 'config'; code: string }
  | { kind: 'other'; code: string; why: string };

/** Finds a change's class. @param changes from the merge base to the head */
export function classify(changes: readonly TreeChange[]): Change {
  if (changes.length === 0) return refused([failed('no-change', 'nothing is changed: there is nothing to judge')]);
  const placed = changes.map((change) => ({ change, place: placeOf(change.path) }));
  const findings = [...placed.flatMap(({ change, place }) => problemsOf(change, place)), ...repeated(changes)];
  const config = placed.filter(({ place }) => place.kind === 'config');
  if (findings.length === 0 && config.length === placed.length)
    return { class: 'config', paths: changes.map((c) => c.path) };
  for (const { change, place } of config)
    if (place.kind === 'config')
      findings.push(
        failed(place.code, `${shown(change.path)} is changed: no promotion may touch the registry's rules`),
      );
  if (changes.length > MAX_CHANGES)
    findings.push(failed('too-many-files', `${changes.length} files are changed, ${MAX_CHANGES} at most`));
  return moved(placed, findings);
}

type Placed = { change: TreeChange; place: Place };

function moved(placed: readonly Placed[], findings: Finding[]): Change {
  const models = new Set(placed.flatMap(({ place }) => ('model' in place ? [place.model] : [])));
  if (models.size > 1)
    findings.push(failed('second-model', `models ${[...models].sort().join(', ')} are changed: one at a time`));
  const versions = new Set(placed.flatMap(({ place }) => (place.kind === 'version' ? [place.version] : [])));
  if (versions.size > 1)
    findings.push(failed('second-version', `versions ${[...versions].join(', ')} are added: one at a time`));
  const pointer = placed.find(({ place }) => place.kind === 'production');
  if (!pointer && models.size > 0)
    findings.push(failed('no-production', 'a version is added, but no production.json points to it'));
  const [model] = models;
  const [version] = versions;
  if (findings.length > 0 || !pointer || model === undefined) return refused(findings);
  const production = fileOf(pointer.change);
  if (version === undefined)
    return pointer.change.status === 'M'
      ? { class: 'rollback', model, production }
      : refused([failed('nothing-to-roll-back', `${model} is not in production: a first version needs its files`)]);
  const files = new Map(
    placed.flatMap(({ change, place }) => (place.kind === 'version' ? [[place.name, fileOf(change)] as const] : [])),
  );
  if (!files.has(MANIFEST_FILE))
    return refused([failed('no-manifest', `version ${version} of ${model} is added without its ${MANIFEST_FILE}`)]);
  return { class: 'promotion', model, version, production, files };
}

const refused = (findings: readonly Finding[]): Change => ({ class: 'refused', findings });
const fileOf = ({ path, oid }: TreeChange): ChangedFile => ({ path, oid: oid as ObjectId });

const CONFIG: readonly [RegExp, string][] = [
  [/^gate\.json$/, 'policy-changed'],
  [/^evaluation\/./, 'evaluation-changed'],
  [/^\.github\/./, 'workflow-changed'],
  [/^(?:README\.md|CODEOWNERS)$/, 'config-changed'],
];

function placeOf(path: string): Place {
  const parts = path.split('/');
  if (parts.some((part) => /^\.git(?:attributes|modules|ignore)?$/i.test(part)))
    return { kind: 'other', code: 'git-file', why: 'git would read it specially' };
  const config = CONFIG.find(([pattern]) => pattern.test(path));
  if (config && !hasOddPart(parts)) return { kind: 'config', code: config[1] };
  const [top, model = '', second, version = '', name = ''] = parts;
  const inModel = top === 'models' && parts.length >= 3;
  const isPointer = inModel && parts.length === 3 && second === 'production.json';
  const isVersionFile = inModel && parts.length === 5 && second === 'versions';
  if (!isPointer && !isVersionFile) return { kind: 'other', code: 'other-path', why: 'it is not part of a promotion' };
  if (!Name.safeParse(model).success)
    return { kind: 'other', code: 'bad-name', why: 'a model is named by lower-case letters, digits and inner dashes' };
  if (isPointer) return { kind: 'production', model };
  const number = Number(version);
  if (!/^[1-9][0-9]{0,9}$/.test(version) || !Version.safeParse(number).success)
    return { kind: 'other', code: 'bad-name', why: 'a version is a number from 1' };
  if (!FileName.safeParse(name).success)
    return {
      kind: 'other',
      code: 'bad-name',
      why: 'a file has a plain name of ASCII letters, digits, - _ and inner dots',
    };
  return { kind: 'version', model, version: number, name };
}

const hasOddPart = (parts: readonly string[]) => parts.some((p) => p === '' || p === '.' || p === '..');

const MODES: Record<string, [code: string, what: string]> = {
  '120000': ['symlink', 'a symbolic link'],
  '160000': ['submodule', 'a submodule'],
  '100755': ['executable', 'an executable file'],
};

function problemsOf(change: TreeChange, place: Place): Finding[] {
  const path = shown(change.path);
  const findings: Finding[] = [];
  if (change.mode !== null && change.mode !== '100644') {
    const [code, what] = MODES[change.mode] ?? ['forbidden-mode', `an entry of mode ${change.mode}`];
    findings.push(failed(code, `${path} is ${what}: only plain files are allowed`));
  }
  if (place.kind === 'other') findings.push(failed(place.code, `${path} is changed: ${place.why}`));
  if (place.kind === 'version' && change.status !== 'A')
    findings.push(failed('version-changed', `${path} is changed or removed: versions are immutable`));
  if (place.kind === 'production' && change.oid === null)
    findings.push(failed('production-removed', `${path} is removed: production can move, but not vanish`));
  return findings;
}

/** Finds two entries under one name, or under names that some file system treats as the same. */
function repeated(changes: readonly TreeChange[]): Finding[] {
  const seen = new Map<string, string>();
  return changes.flatMap(({ path }) => {
    const before = seen.get(path.toLowerCase());
    seen.set(path.toLowerCase(), path);
    return before === undefined ? [] : [failed('repeated-path', `${shown(path)} occurs twice (${shown(before)})`)];
  });
}

/**
 * Compares a new version's files in the tree with its manifest.
 *
 * @param sizes of the files in the tree, by name
 * @param treeBytes larger files belong in the artifact store (policy)
 */
export function checkVersionFiles(
  manifest: Manifest,
  sizes: ReadonlyMap<string, number>,
  treeBytes: number,
): Finding[] {
  const listed = new Map(manifest.files.map((file) => [file.path, file]));
  const findings: Finding[] = [];
  for (const name of [MANIFEST_FILE, CHECKPOINT_FILE])
    if (listed.has(name))
      findings.push(failed('reserved-file', `the manifest lists ${name}, which is no file of a model`));
  for (const [name, sizeBytes] of sizes) {
    if (name === MANIFEST_FILE) continue;
    const file = listed.get(name);
    if (!file && name !== CHECKPOINT_FILE)
      findings.push(failed('unlisted-file', `${name} is added, but the manifest does not list it`));
    if (file && file.sizeBytes !== sizeBytes)
      findings.push(failed('size-differs', `${name} has ${sizeBytes} bytes, the manifest says ${file.sizeBytes}`));
    const limit = file ? treeBytes : MAX_CHECKPOINT_BYTES;
    if (sizeBytes > limit)
      findings.push(
        failed('too-large-for-tree', `${name} has ${sizeBytes} bytes, ${limit} at most in the registry's tree`),
      );
  }
  return findings;
}

/** A C2SP checkpoint is a few lines of text. */
const MAX_CHECKPOINT_BYTES = 10_000;
