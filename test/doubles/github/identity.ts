import { createVerify } from 'node:crypto';
import { notFound, Refusal } from './answers.ts';
import type { Account, Actor, Level, Repo } from './state.ts';
import type { World } from './world.ts';

export const ANONYMOUS: Actor = {
  kind: 'anonymous',
  account: null,
  permissions: {},
  repositories: [],
  app: null,
  appId: null,
  scopes: [],
  expiresAt: null,
};

const RANK: Record<Level, number> = { read: 1, write: 2, admin: 3 };

/** The caller that the `Authorization` header names. @throws {Refusal} 401 */
export function actorOf(world: World, header: string | undefined): Actor {
  if (!header) return ANONYMOUS;
  const [scheme = '', value = ''] = header.split(/ +/);
  if (/^basic$/i.test(scheme)) {
    const [, password = ''] = Buffer.from(value, 'base64').toString('utf8').split(/:(.*)/s);
    return byToken(world, password);
  }
  if (!/^(?:token|bearer)$/i.test(scheme)) throw badCredentials();
  return value.split('.').length === 3 ? byJwt(world, value) : byToken(world, value);
}

const badCredentials = () => new Refusal(401, 'Bad credentials');

function byToken(world: World, token: string): Actor {
  const actor = world.tokens.get(token);
  if (!actor || (actor.expiresAt && actor.expiresAt <= world.now())) throw badCredentials();
  return actor;
}

/** An App as itself: RS256 over its own key, for ten minutes at most. */
function byJwt(world: World, token: string): Actor {
  const undecodable = new Refusal(401, 'A JSON web token could not be decoded');
  const [head = '', claims = '', signature = ''] = token.split('.');
  let header: { alg?: string };
  let body: { iss?: string | number; iat?: number; exp?: number };
  try {
    header = JSON.parse(Buffer.from(head, 'base64url').toString('utf8'));
    body = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
  } catch {
    throw undecodable;
  }
  if (header.alg !== 'RS256') throw undecodable;
  const app = world.apps.find((a) => String(a.id) === String(body.iss));
  if (!app) throw new Refusal(401, 'Integration not found');
  if (!createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(app.publicKey, signature, 'base64url'))
    throw undecodable;
  const now = world.now().getTime() / 1000;
  if (typeof body.iat !== 'number' || body.iat > now + 1)
    throw new Refusal(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  if (typeof body.exp !== 'number' || body.exp <= now)
    throw new Refusal(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  if (body.exp > now + 601) throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  return { ...ANONYMOUS, kind: 'app', account: app.bot, app, appId: app.id };
}

/** A person's role in a repository; null if they cannot see it. */
export function roleOf(world: World, account: Account, repo: Repo): Level | null {
  if (account.id === repo.owner.id) return 'admin';
  const login = account.login.toLowerCase();
  const organization = world.members.get(repo.owner.login.toLowerCase())?.get(login);
  const own = repo.collaborators.get(login);
  const best = [organization, own].filter((l) => l !== undefined).sort((a, b) => RANK[b] - RANK[a])[0];
  return best ?? (repo.private ? null : 'read');
}

const covers = (actor: Actor, repo: Repo): boolean =>
  actor.repositories === 'all' || actor.repositories.includes(repo.fullName.toLowerCase());

/** Whether the App of an installation token is installed where the repository is. */
const installed = (world: World, actor: Actor, repo: Repo): boolean =>
  actor.kind !== 'installation' ||
  world.installations.some((i) => i.app.id === actor.appId && i.account.id === repo.owner.id);

/**
 * What an operation requires: one of some permissions of a token, and a role of the person behind it. `jwt`: an App as
 * itself. An empty list of permissions requires none.
 */
export type Need = {
  readonly permissions: readonly string[];
  readonly level: Level;
  readonly role: Level;
  readonly jwt?: boolean;
};

const has = (actor: Actor, need: Need): boolean => {
  const { permissions } = actor;
  if (permissions === 'all') return actor.scopes.includes('repo');
  return need.permissions.some(
    (p) => p === 'metadata' || (RANK[permissions[p] ?? 'read'] >= RANK[need.level] && permissions[p] !== undefined),
  );
};

/** @throws {Refusal} 401, 403 or 404, as GitHub answers callers without the right */
export function checkAccess(world: World, actor: Actor, repo: Repo, need: Need): void {
  const reads = need.level === 'read';
  if (actor.kind === 'app') throw new Refusal(401, 'A JSON web token is not accepted here: use an installation token');
  if (actor.kind === 'anonymous') {
    if (repo.private) throw notFound();
    if (!reads) throw new Refusal(401, 'Requires authentication');
    return;
  }
  const person = actor.kind === 'classic' || actor.kind === 'fine-grained';
  const role = person && actor.account ? roleOf(world, actor.account, repo) : null;
  const mine = covers(actor, repo) && installed(world, actor, repo);
  if (person ? role === null || (repo.private && !mine) : repo.private && !mine) throw notFound();
  if (!mine && reads) return; // public
  if (!mine || !has(actor, need)) throw new Refusal(403, `Resource not accessible by ${nameOf(actor)}`);
  if (person && RANK[role as Level] < RANK[need.role])
    throw need.role === 'admin'
      ? new Refusal(403, 'Must have admin rights to Repository.')
      : new Refusal(403, 'Must have push access to Repository.');
}

const nameOf = (actor: Actor): string =>
  actor.kind === 'fine-grained' || actor.kind === 'classic' ? 'personal access token' : 'integration';

/** Whether this token may write files under `.github/workflows`. */
export const mayWriteWorkflows = (actor: Actor): boolean =>
  actor.permissions === 'all' ? actor.scopes.includes('workflow') : actor.permissions.workflows === 'write';

/** Whether an actor may push to the repository at all: then its approval counts. */
export function mayPush(world: World, account: Account, repo: Repo): boolean {
  const role = account.type === 'Bot' ? 'write' : roleOf(world, account, repo);
  return role !== null && RANK[role] >= RANK.write;
}
