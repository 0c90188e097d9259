import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { packageRoot, readText } from '../package-info.ts';
import type { GatePlace } from '../promotion/gate.ts';

export type SeedOptions = {
  readonly forge: 'local' | 'github' | 'gitea';
  /** Who judges: with `workflow`, the registry gets the workflows for it; Gitea reads them in the same folder. */
  readonly gate: GatePlace;
  /** The repository and commit of Pawl's action, `owner/pawl@<40 hex>`. */
  readonly action: string | null;
  /** Whom GitHub asks for a review when rules change: `@user`, `@organisation/team` or an address. */
  readonly owners: readonly string[];
};

/** In Pawl's own tree, git would obey the file if it had its real name. */
const RENAMED: Readonly<Record<string, string>> = { gitattributes: '.gitattributes' };
const WORKFLOWS = '.github/workflows/';
const CODEOWNERS = '.github/CODEOWNERS';

/**
 * Files that a new registry starts with, by their path in it. Their lines end in line feeds.
 *
 * @param folder the templates
 * @throws {ConfigError} if workflows are wanted and nothing says where they get Pawl, or an owner is not valid
 */
export async function seedFiles(
  options: SeedOptions,
  folder = join(packageRoot, 'registry-repo/seed'),
): Promise<Map<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  const read = async (name: string) => [name.split(sep).join('/'), await readText(join(folder, name))] as const;
  return renderSeed(new Map(await Promise.all(names.map(read))), options);
}

/**
 * The templates for the forge, filled in.
 *
 * @param templates by their path in `registry-repo/seed`
 * @throws {ConfigError}
 */
export function renderSeed(templates: ReadonlyMap<string, string>, options: SeedOptions): Map<string, string> {
  const { forge, gate, action, owners } = options;
  const wanted = (path: string): boolean => {
    if (!path.startsWith('.github/')) return true;
    if (forge === 'local') return false;
    if (path === CODEOWNERS) return forge === 'github' && owners.length > 0; // Gitea's have another form
    return gate === 'workflow' || !path.startsWith(WORKFLOWS);
  };
  const files = [...templates].filter(([path]) => wanted(path));
  return new Map(
    files.map(([path, text]) => {
      if (path.startsWith(WORKFLOWS)) return [path, withAction(forge === 'gitea' ? forGitea(text) : text, action)];
      return [RENAMED[path] ?? path, path === CODEOWNERS ? withOwners(text, owners) : text];
    }),
  );
}

/** Gitea's workflows are GitHub's, without the parts that Gitea does not know. */
const forGitea = (template: string): string =>
  template.replace('PAWL_REGISTRY_FORGE: github', 'PAWL_REGISTRY_FORGE: gitea').replace(/^ +queue: max\n/m, '');

const ACTION = /^([\w.-]+\/[\w.-]+)@([0-9a-f]{40})$/;

/**
 * A workflow's template with Pawl's own steps filled in, pinned to the commit. Templates name a commit that does not
 * exist, so that linters take them as they are.
 *
 * @param action `owner/pawl@<40 hex>`, the setting `registry.action`
 * @throws {ConfigError}
 */
export function withAction(template: string, action: string | null): string {
  const [, repository, commit] = ACTION.exec(action ?? '') ?? [];
  if (repository === undefined || commit === undefined) {
    const message = 'set it to owner/pawl@ and the 40 hex digits of a commit: workflows run Pawl from there';
    throw new ConfigError([{ path: 'registry.action', origin: '', message }]);
  }
  return template.replaceAll(
    /^(\s*(?:- )?uses: )owner\/pawl\/\.github\/actions\/pawl@0{40}$/gm,
    (_, step: string) => `${step}${repository}/.github/actions/pawl@${commit}`,
  );
}

const OWNER = /^(?:@[A-Za-z0-9][\w-]*(?:\/[\w.-]+)?|[^\s@#]+@[^\s@#]+)$/;

function withOwners(template: string, owners: readonly string[]): string {
  const wrong = owners.filter((owner) => !OWNER.test(owner));
  if (wrong.length > 0) {
    const message = `${wrong.map((owner) => JSON.stringify(owner)).join(', ')}: write @user, @organisation/team or an address`;
    throw new ConfigError([{ path: 'owners', origin: '--owners', message }]);
  }
  return template.replaceAll('pawl-owners', () => owners.join(' '));
}
