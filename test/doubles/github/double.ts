import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Fault, Faults } from './faults.ts';
import type { Options } from './options.ts';
import { type Call, Server } from './server.ts';
import type { Level, Permissions, Repo } from './state.ts';
import { type Delivery, World } from './world.ts';

export type { Dispatch, Options } from './options.ts';

/** Permissions of an App or token that promotes: read and write contents, pull requests, statuses, actions. */
export const PROMOTER: Permissions = {
  metadata: 'read',
  contents: 'write',
  pull_requests: 'write',
  statuses: 'write',
  actions: 'write',
};
export const ADMIN: Permissions = {
  ...PROMOTER,
  administration: 'write',
  repository_hooks: 'write',
  workflows: 'write',
};

/**
 * A double of GitHub: the part of its API that Pawl uses, with every request checked against GitHub's own description,
 * and real repositories behind a real git server. Its behaviour follows GitHub's documentation, not the adapter's
 * expectations.
 */
export type GitHubDouble = {
  /** Address of the API. */
  readonly url: string;
  readonly web: string;
  readonly world: World;
  readonly calls: readonly Call[];
  readonly violations: readonly string[];
  fault(fault: Fault): void;
  clearFaults(): void;
  /** A repository with these files on main. */
  createRepo(fullName: string, files?: Readonly<Record<string, string | Uint8Array>>): Promise<Repo>;
  /** A fork of a repository under another account, from which pull requests can be opened. */
  fork(fullName: string, owner: string): Promise<Repo>;
  /** A fine-grained token of a person who has a role in a repository. */
  token(login: string, options: { repo?: string; role?: Level; permissions?: Permissions }): string;
  /** A classic token: all rights of its person, within its scopes. */
  classicToken(login: string, options: { repo?: string; role?: Level; scopes?: readonly string[] }): string;
  /** The `GITHUB_TOKEN` of a workflow's job. */
  actionsToken(fullName: string, permissions: Permissions): string;
  /** An App, installed where its owner's repositories are. */
  app(
    slug: string,
    owner: string,
    permissions?: Permissions,
  ): { id: number; key: string; installation: number; bot: number };
  /** Delivers a webhook again, as with the button "Redeliver": under the same id. */
  redeliver(id: string): Promise<Delivery>;
  /** Waits until webhooks are delivered, workflows played and trial merges made. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

/** Starts a double on a free port of this machine. */
export async function startGitHubDouble(options: Options = {}): Promise<GitHubDouble> {
  const world = new World(options);
  const faults = new Faults();
  const server = new Server(world, faults);
  const listeners = [0, 1].map(() =>
    createServer((request, response) => {
      server.handle(request, response).catch((error) => {
        (server.violations as string[]).push(String(error.stack));
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    }),
  );
  for (const listener of listeners) await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const [main, downloads] = listeners.map((l) => `http://127.0.0.1:${(l.address() as AddressInfo).port}`) as [
    string,
    string,
  ];
  world.webUrl = main;
  world.url = `${main}/api/v3`;
  world.downloadsUrl = downloads;
  return {
    url: world.url,
    web: main,
    world,
    calls: server.calls,
    violations: server.violations,
    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    createRepo: (fullName, files) => {
      const [owner = '', name = ''] = fullName.split('/');
      const account = world.accounts.get(owner.toLowerCase()) ?? world.organization(owner);
      return world.createRepo({ owner: account, name, private: true, ...(files && { files }) });
    },
    fork: async (fullName, owner) => {
      const parent = world.repo(fullName);
      if (!parent) throw new Error(`no repository ${fullName}`);
      return world.createRepo({ owner: world.account(owner), name: parent.name, private: parent.private, parent });
    },
    token: (login, { repo, role = 'write', permissions = PROMOTER }) =>
      addToken(world, login, `github_pat_${login}_${world.id()}`, {
        ...{ kind: 'fine-grained', permissions, scopes: [] },
        ...(repo && { repo, role }),
      }),
    classicToken: (login, { repo, role = 'write', scopes = ['repo'] }) =>
      addToken(world, login, `ghp_${login}_${world.id()}`, {
        ...{ kind: 'classic', permissions: 'all', scopes },
        ...(repo && { repo, role }),
      }),
    actionsToken: (fullName, permissions) => {
      const repo = world.repo(fullName);
      if (!repo) throw new Error(`no repository ${fullName}`);
      return world.actionsToken(repo, permissions);
    },
    redeliver: (id) => world.redeliver(id),
    app: (slug, owner, permissions = PROMOTER) => {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const account = world.accounts.get(owner.toLowerCase()) ?? world.organization(owner);
      const app = world.app({ slug, owner: account, permissions, publicKey });
      const installation = { id: world.id(), app, account, permissions, repositories: 'all' as const };
      world.installations.push(installation);
      return {
        id: app.id,
        key: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
        installation: installation.id,
        bot: app.bot.id,
      };
    },
    settled: () => world.settled(),
    close: async () => {
      await world.settled();
      for (const listener of listeners) {
        listener.closeAllConnections();
        await new Promise((resolve) => listener.close(resolve));
      }
    },
  };
}

type Given = {
  readonly kind: 'fine-grained' | 'classic';
  readonly permissions: Permissions | 'all';
  readonly scopes: readonly string[];
  readonly repo?: string;
  readonly role?: Level;
};

function addToken(world: World, login: string, token: string, { repo, role = 'write', ...given }: Given): string {
  const account = world.account(login);
  if (repo) world.repo(repo)?.collaborators.set(login.toLowerCase(), role);
  world.tokens.set(token, { ...given, account, repositories: 'all', app: null, appId: null, expiresAt: null });
  return token;
}
