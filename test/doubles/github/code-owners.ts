import { mayPush } from './identity.ts';
import type { Account, Pull, Repo } from './state.ts';
import type { World } from './world.ts';

const PLACES = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'];

type Line = { readonly pattern: RegExp; readonly owners: readonly string[] };

/** The forms of gitignore that CODEOWNERS accepts: anchored by a leading or inner slash, folders by a trailing one. */
function patternOf(text: string): RegExp {
  const anchored = text.slice(0, -1).includes('/');
  const folder = text.endsWith('/');
  const bare = text.replace(/^\//, '').replace(/\/$/, '');
  const body = bare
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/?|\*|\?/g, (m) => (m === '?' ? '[^/]' : m === '*' ? '[^/]*' : '.*'));
  return new RegExp(`^${anchored ? '' : '(?:.*/)?'}${body}${folder ? '/.*' : text.endsWith('/*') ? '' : '(?:/.*)?'}$`);
}

async function linesOf(repo: Repo, base: string): Promise<Line[]> {
  for (const path of PLACES) {
    const entry = await repo.git.entry(base, path);
    if (!entry) continue;
    const lines = (await repo.git.blob(entry.oid)).toString('utf8').split('\n');
    return lines
      .map((l) => l.replace(/#.*/, '').trim())
      .filter(Boolean)
      .map((l) => {
        const [pattern = '', ...owners] = l.split(/\s+/);
        return { pattern: patternOf(pattern), owners: owners.map((o) => o.replace(/^@/, '').toLowerCase()) };
      });
  }
  return [];
}

/** Owners of changed files none of whom approves. The base's file counts; an owner who may not push is ignored. */
export async function ownersMissing(
  world: World,
  repo: Repo,
  pull: Pull,
  approved: readonly Account[],
): Promise<string[]> {
  const lines = await linesOf(repo, pull.base);
  if (lines.length === 0) return [];
  const [from = pull.base] = await repo.git.mergeBases(pull.base, pull.head);
  const missing = new Set<string>();
  for (const { path } of await repo.git.changes(from, pull.head)) {
    const owners = (lines.findLast((l) => l.pattern.test(path))?.owners ?? []).filter((login) => {
      const account = world.accounts.get(login);
      return account && mayPush(world, account, repo);
    });
    if (owners.length > 0 && !owners.some((o) => approved.some((a) => a.login.toLowerCase() === o)))
      for (const owner of owners) missing.add(owner);
  }
  return [...missing];
}
