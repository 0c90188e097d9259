import { created, notFound, ok, Refusal } from '../answers.ts';
import { type Context, page, type Routes } from '../route.ts';
import type { Account, Installation, Level, Permissions } from '../state.ts';

const account = ({ id, login, type }: Account) => ({ id, login, type });

const asApp = ({ actor }: Context) => {
  if (actor.kind !== 'app' || !actor.app) throw new Refusal(401, 'A JSON web token could not be decoded');
  return actor.app;
};

const shown = (i: Installation) => ({
  id: i.id,
  app_id: i.app.id,
  app_slug: i.app.slug,
  account: account(i.account),
  permissions: i.permissions,
  repository_selection: i.repositories === 'all' ? 'all' : 'selected',
});

type Wanted = { permissions?: Permissions; repositories?: string[]; repository_ids?: number[] };

const LEVELS = ['read', 'write', 'admin'];
const covers = (has: Level | undefined, wanted: Level) =>
  has !== undefined && LEVELS.indexOf(has) >= LEVELS.indexOf(wanted);

/** Full names of the repositories that a token shall be for; the App must be installed on each. */
function reposOf(c: Context, installation: Installation, names: string[] = [], ids: number[] = []): string[] {
  const all = [...c.world.repos.values()].filter((r) => r.owner.id === installation.account.id);
  const found = all.filter((r) => names.includes(r.name) || ids.includes(r.id)).map((r) => r.fullName.toLowerCase());
  const allowed = found.filter((f) => installation.repositories === 'all' || installation.repositories.includes(f));
  if (allowed.length < names.length + ids.length)
    throw new Refusal(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  return allowed;
}

export const userRoutes: Routes = {
  'users/get-authenticated': ({ actor }) => {
    if (!actor.account) throw new Refusal(401, 'Requires authentication');
    if (actor.kind === 'installation' || actor.kind === 'actions')
      throw new Refusal(403, 'Resource not accessible by integration');
    return ok(account(actor.account));
  },
  'users/get-by-username': ({ world, values }) => {
    const found = world.accounts.get((values.username as string).toLowerCase());
    if (!found) throw notFound();
    return ok(account(found));
  },
  'apps/get-authenticated': (c) => {
    const { id, slug, name, owner, permissions } = asApp(c);
    return ok({ id, slug, name, owner: account(owner), permissions });
  },
  'apps/list-installations': (c) => page(c, c.world.installations.filter((i) => i.app === asApp(c)).map(shown)),
  'apps/get-repo-installation': (c) => {
    const app = asApp(c);
    const repo = c.world.repo(`${c.values.owner}/${c.values.repo}`);
    const found = c.world.installations.find(
      (i) =>
        i.app === app &&
        i.account.id === repo?.owner.id &&
        (i.repositories === 'all' || i.repositories.includes(repo.fullName.toLowerCase())),
    );
    if (!found) throw notFound();
    return ok(shown(found));
  },
  'apps/create-installation-access-token': (c) => {
    const app = asApp(c);
    const found = c.world.installations.find((i) => i.app === app && i.id === Number(c.values.installation_id));
    if (!found) throw notFound();
    const { permissions = found.permissions, repositories, repository_ids } = (c.body ?? {}) as Wanted;
    for (const [name, level] of Object.entries(permissions))
      if (!covers(found.permissions[name], level))
        throw new Refusal(422, 'The permissions requested are not granted to this installation.');
    const only = repositories || repository_ids ? reposOf(c, found, repositories, repository_ids) : null;
    const more = only ? { permissions, repositories: only } : { permissions };
    const { token, expiresAt } = c.world.installationToken(found, more);
    return created({
      token,
      expires_at: expiresAt.toISOString(),
      permissions,
      repository_selection: only || found.repositories !== 'all' ? 'selected' : 'all',
    });
  },
  'meta/root': ({ world }) => ok({ current_user_url: `${world.url}/user` }),
  'meta/get': () => ok({ verifiable_password_authentication: false }),
  'rate-limit/get': () =>
    ok({
      resources: { core: { limit: 5000, remaining: 4999, reset: 0, used: 1 } },
      rate: { limit: 5000, remaining: 4999, reset: 0, used: 1 },
    }),
};
