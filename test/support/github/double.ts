import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Fault, Faults } from './faults.ts';
import type { Options } from './options.ts';
import { type Call, Server } from './server.ts';
import type { Level, Permissions, Repo } from './state.ts';
import { World } from './world.ts';

export type { Dispatch, Options } from './options.ts';

/** What an App or token that promotes may do: read and write contents, pull requests, statuses, actions. */
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
 * GitHub, played: its API as far as we speak it, every request held against GitHub's own description, with real repositories
 * behind a real git server. What it does was written from GitHub's documentation, not from what our adapter expects.
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
  /** A fine-grained token of a person who has a role in a repository. */
  token(login: string, options: { repo?: string; role?: Level; permissions?: Permissions }): string;
  /** An App, installed where its owner's repositories are. */
  app(
    slug: string,
    owner: string,
    permissions?: Permissions,
  ): { id: number; key: string; installation: number; bot: number };
  settled(): Promise<void>;
  close(): Promise<void>;
};

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
    token: (login, { repo, role = 'write', permissions = PROMOTER }) => {
      const account = world.account(login);
      if (repo) world.repo(repo)?.collaborators.set(login.toLowerCase(), role);
      const token = `github_pat_${login}_${world.id()}`;
      world.tokens.set(token, {
        kind: 'fine-grained',
        account,
        permissions,
        repositories: 'all',
        app: null,
        appId: null,
        scopes: [],
        expiresAt: null,
      });
      return token;
    },
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
