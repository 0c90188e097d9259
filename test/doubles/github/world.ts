import { createHash, createHmac, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Git } from '../../../registry-repo/git.ts';
import { runGit } from '../../../registry-repo/git-process.ts';
import { commitFiles, emptyRepository } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { PATIENCE_MS } from '../../support/until.ts';
import { Lock } from './lock.ts';
import type { Dispatch, Options, RepositoryEvent } from './options.ts';
import type { Account, Actor, App, Hook, Installation, Level, Permissions, Repo } from './state.ts';

/** GitHub's own App, as which every workflow's `GITHUB_TOKEN` acts. */
export const ACTIONS_APP_ID = 15368;
const ACTIONS_BOT: Account = { id: 41898282, login: 'github-actions[bot]', type: 'Bot' };

export type Push = {
  readonly repo: string;
  readonly actor: string;
  readonly ref: string;
  readonly from: string | null;
  readonly to: string | null;
  /** Why it was refused, or null. */
  readonly refused: string | null;
};

export type Delivery = {
  readonly id: string;
  readonly event: string;
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the receiver answered; null without an answer. */
  readonly status: number | null;
};

/** All state of the double: accounts, Apps, tokens, repositories, and what happened. */
export class World {
  readonly options: Options;
  readonly folder = temporaryFolder();
  readonly accounts = new Map<string, Account>();
  readonly members = new Map<string, Map<string, Level>>();
  readonly apps: App[] = [];
  readonly installations: Installation[] = [];
  readonly tokens = new Map<string, Actor>();
  readonly repos = new Map<string, Repo>();
  readonly pushes: Push[] = [];
  readonly dispatches: Dispatch[] = [];
  readonly deliveries: Delivery[] = [];
  /** Calls by `Authorization` header. */
  readonly used = new Map<string, number>();
  readonly #pending = new Set<Promise<unknown>>();
  #id = 1000;

  /** Where the API is; known once the server listens. */
  url = '';
  /** Where pages and git are. */
  webUrl = '';
  /** Where the bytes of releases are: another origin than the API. */
  downloadsUrl = '';

  constructor(options: Options) {
    this.options = options;
  }

  id(): number {
    this.#id += 1;
    return this.#id;
  }

  now(): Date {
    return (this.options.clock ?? (() => new Date()))();
  }

  /** To the second, as GitHub writes times. */
  time(): string {
    return `${this.now().toISOString().slice(0, 19)}Z`;
  }

  /** Work that continues after an answer: `settled` waits for it. */
  later(work: Promise<unknown>): void {
    const mine = work.catch(() => {}).finally(() => this.#pending.delete(mine));
    this.#pending.add(mine);
  }

  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  account(login: string, type: Account['type'] = 'User'): Account {
    const known = this.accounts.get(login.toLowerCase());
    if (known) return known;
    const account: Account = { id: this.id(), login, type };
    this.accounts.set(login.toLowerCase(), account);
    return account;
  }

  organization(login: string, members: Readonly<Record<string, Level>> = {}): Account {
    this.members.set(login.toLowerCase(), new Map(Object.entries(members).map(([m, l]) => [m.toLowerCase(), l])));
    for (const member of Object.keys(members)) this.account(member);
    return this.account(login, 'Organization');
  }

  app(app: { slug: string; owner: Account; permissions: Permissions; publicKey: KeyObject }): App {
    const bot: Account = { id: this.id(), login: `${app.slug}[bot]`, type: 'Bot' };
    this.accounts.set(bot.login.toLowerCase(), bot);
    const known: App = { id: this.id(), name: app.slug, bot, ...app };
    this.apps.push(known);
    return known;
  }

  installationToken(installation: Installation, more: { permissions?: Permissions; repositories?: readonly string[] }) {
    const token = `ghs_${randomBytes(18).toString('hex')}`;
    const expiresAt = new Date(this.now().getTime() + 3_600_000);
    const actor: Actor = {
      kind: 'installation',
      account: installation.app.bot,
      permissions: more.permissions ?? installation.permissions,
      repositories: more.repositories ?? installation.repositories,
      app: installation.app,
      appId: installation.app.id,
      scopes: [],
      expiresAt,
    };
    this.tokens.set(token, actor);
    return { token, expiresAt, actor };
  }

  actionsToken(repo: Repo, permissions: Permissions): string {
    const token = `ghs_${randomBytes(18).toString('hex')}`;
    this.tokens.set(token, {
      kind: 'actions',
      account: ACTIONS_BOT,
      permissions: { metadata: 'read', ...permissions },
      repositories: [repo.fullName.toLowerCase()],
      app: null,
      appId: ACTIONS_APP_ID,
      scopes: [],
      expiresAt: null,
    });
    return token;
  }

  repo(fullName: string): Repo | undefined {
    return this.repos.get(fullName.toLowerCase());
  }

  async createRepo(given: {
    owner: Account;
    name: string;
    private?: boolean;
    description?: string | null;
    settings?: Readonly<Record<string, unknown>>;
    files?: Readonly<Record<string, string | Uint8Array>>;
    parent?: Repo;
  }): Promise<Repo> {
    const { owner, name, parent } = given;
    const fullName = `${owner.login}/${name}`;
    const folder = join(this.folder, `${this.id()}.git`);
    if (parent)
      await runGit(['clone', '--quiet', '--bare', '--no-hardlinks', parent.git.gitDir, folder], ['clone'], {
        env: { GIT_ALLOW_PROTOCOL: 'file' },
      });
    const git = parent ? new Git(folder) : await emptyRepository(folder, GIT_SETTINGS);
    if (parent) for (const [key, value] of GIT_SETTINGS) await git.run(['config', key, value]);
    const repo = newRepo(this, { ...given, fullName, git });
    this.repos.set(fullName.toLowerCase(), repo);
    if (given.files) {
      const commit = await commitFiles(git, null, given.files, 'Initial commit');
      await git.updateRefs([{ ref: 'refs/heads/main', to: commit, from: null }]);
    }
    return repo;
  }

  /** Tells webhooks and the test what happened. */
  emit(repo: Repo, event: string, payload: Readonly<Record<string, unknown>>, actor: Actor): void {
    const { onEvent, partial } = this.options;
    const heard: RepositoryEvent = { event, repo, payload, startsWorkflows: actor.kind !== 'actions' };
    if (onEvent) this.later(Promise.resolve().then(() => onEvent(heard)));
    if (event === 'status' && partial?.noStatusEvents) return;
    for (const hook of repo.hooks)
      if (hook.active && (hook.events.includes(event) || hook.events.includes('*') || event === 'ping'))
        this.later(this.deliver(hook, event, payload));
  }

  /** @param id of an earlier delivery: a redelivery keeps it */
  async deliver(hook: Hook, event: string, payload: unknown, id: string = randomUUID()): Promise<Delivery> {
    const form = hook.config.content_type !== 'json';
    const body = form ? `payload=${encodeURIComponent(JSON.stringify(payload))}` : JSON.stringify(payload);
    const { secret, url } = hook.config;
    const signed = secret !== undefined && !this.options.partial?.unsignedWebhooks;
    const headers: Record<string, string> = {
      'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json',
      'user-agent': 'GitHub-Hookshot/0000000',
      'x-github-event': event,
      'x-github-delivery': id,
      'x-github-hook-id': String(hook.id),
      ...(signed && {
        'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      }),
    };
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(PATIENCE_MS) }).catch(
      () => null,
    );
    await answer?.arrayBuffer().catch(() => {});
    const delivery: Delivery = { id, event, url, body, headers, status: answer?.status ?? null };
    this.deliveries.push(delivery);
    return delivery;
  }

  /** The same delivery again, under its own id. */
  async redeliver(id: string): Promise<Delivery> {
    const known = this.deliveries.find((d) => d.id === id);
    const hook = [...this.repos.values()].flatMap((r) => r.hooks).find((h) => h.config.url === known?.url);
    if (!known || !hook) throw new Error(`no delivery ${id} of a hook that is still there`);
    const text = known.body.startsWith('payload=') ? decodeURIComponent(known.body.slice(8)) : known.body;
    return this.deliver(hook, known.event, JSON.parse(text), id);
  }
}

const GIT_SETTINGS = [
  ['http.receivepack', 'true'],
  ['uploadpack.allowAnySHA1InWant', 'true'],
  ['uploadpack.allowFilter', 'true'],
  ['receive.hideRefs', 'refs/pull'],
  ['core.fsync', 'none'],
  ['gc.auto', '0'],
] as const;

function newRepo(
  world: World,
  given: {
    owner: Account;
    name: string;
    fullName: string;
    git: Git;
    private?: boolean;
    description?: string | null;
    settings?: Readonly<Record<string, unknown>>;
    parent?: Repo;
  },
): Repo {
  return {
    id: world.id(),
    owner: given.owner,
    name: given.name,
    fullName: given.fullName,
    git: given.git,
    lock: new Lock(),
    createdAt: world.time(),
    parent: given.parent ?? null,
    private: given.private ?? false,
    description: given.description ?? null,
    defaultBranch: world.options.defaultBranch ?? 'main',
    settings: { ...REPO_SETTINGS, ...given.settings },
    collaborators: new Map(),
    pulls: [],
    comments: [],
    labels: [],
    statuses: [],
    rulesets: [],
    hooks: [],
    releases: [],
    environments: [],
    runs: [],
    actions: {
      permissions: { enabled: true, allowed_actions: 'all', sha_pinning_required: false },
      workflow: { default_workflow_permissions: 'read', can_approve_pull_request_reviews: false },
      forks: { approval_policy: 'first_time_contributors' },
    },
  };
}

/** Default settings of a new repository on GitHub. */
const REPO_SETTINGS = {
  allow_squash_merge: true,
  allow_merge_commit: true,
  allow_rebase_merge: true,
  allow_auto_merge: false,
  delete_branch_on_merge: false,
  has_issues: true,
  archived: false,
};

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
