import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pawl, printed, start, stopAll } from '../../test/support/cli.ts';
import { temporaryFolder } from '../../test/support/paths.ts';
import { until } from '../../test/support/until.ts';
import { onDouble, onGitHub, type Stage } from './stage.ts';

// `npm run demo:github`: push → train → pull request → gate → merge → the server swaps → rollback, by the real command line.
// It plays on the GitHub double of the tests; with PAWL_DEMO_REPOSITORY=owner/name and PAWL_SECRET_FORGE_TOKEN, on github.com.

/** Training rows of the three pushes. */
const ROWS = { tooFew: 200, good: 3000, better: 6000 };

type Promoted = {
  readonly status: string;
  readonly version: number;
  readonly pullRequest: number;
  readonly url: string;
};

class Story {
  readonly #stage: Stage;
  readonly #home = temporaryFolder();
  readonly #training = temporaryFolder();
  #act = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async tell(): Promise<void> {
    say(`On ${this.#stage.title}.`);
    await this.#registry();
    await this.#pushed('A push with too few rows: trained, proposed, refused', ROWS.tooFew, 'rejected');
    const good = await this.#pushed('A good one: merged', ROWS.good, 'merged');
    const server = await this.#serves(good.version);
    const better = await this.#pushed('A better one, while the server answers', ROWS.better, 'merged');
    await server.swapped(better.version);
    await this.#rolledBack(server);
    await this.#told(better);
  }

  #title(title: string): void {
    say(`\n(${++this.#act}) ${title}`);
  }

  #settings(rows: number): string {
    return `model: sentiment
data: { kind: sample, train: ${rows} }
events: { store: git }
artifacts: { store: github-releases }
server: { port: 0, pollMs: ${this.#stage.webhook ? 3_600_000 : 2000} }
`;
  }

  async #run<T>(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>, codes = [0]): Promise<T> {
    const ran = await pawl(cwd, [...args, '--json'], { env: { ...env } });
    if (!codes.includes(ran.code ?? -1)) throw new Error(`pawl ${args.join(' ')}: ${ran.stderr}${ran.stdout}`);
    return JSON.parse(ran.stdout) as T;
  }

  async #registry(): Promise<void> {
    const { admin, initArgs, keysAt } = this.#stage;
    this.#title('The registry: made, protected, and tried');
    writeFileSync(join(this.#home, 'pawl.yaml'), this.#settings(ROWS.good));
    type Made = { url: string; created: boolean; enforced: Record<string, boolean | null> | null };
    const made = await this.#run<Made>(this.#home, ['registry', 'init', ...initArgs], admin);
    keysAt(join(this.#home, '.pawl/keys'));
    say(`    ${made.url}${made.created ? '' : ' (was there)'}`);
    for (const [what, holds] of Object.entries(made.enforced ?? {})) say(`    ${holds ? '✔' : '!'} ${what}: ${holds}`);
    git(this.#training, 'init', '--quiet', '--initial-branch=main');
  }

  /** What a machine that is thrown away knows: a checkout, and the secrets and variables of its job. */
  get #job(): Record<string, string> {
    const key = (name: string) => readFileSync(join(this.#home, '.pawl/keys', name), 'utf8');
    return {
      ...this.#stage.promoter,
      PAWL_SECRET_LOG_KEY: key('log.pem'),
      PAWL_KEYS_TRUSTED: key('gate.pub.json'),
      ...(this.#stage.gate === 'here' ? { PAWL_SECRET_GATE_KEY: key('gate.pem') } : {}),
    };
  }

  async #pushed(title: string, rows: number, expected: string): Promise<Promoted> {
    this.#title(title);
    writeFileSync(join(this.#training, 'pawl.yaml'), this.#settings(rows));
    writeFileSync(join(this.#training, '.gitignore'), '.pawl/\n');
    git(this.#training, 'add', '.');
    git(this.#training, 'commit', '--quiet', '--message', `${rows} training rows`);
    const runner = temporaryFolder();
    git(runner, 'clone', '--quiet', this.#training, '.');
    const trained = await this.#run<{ run: string; measure: string; f1: number }>(
      runner,
      ['train', '--trigger', 'push'],
      this.#job,
    );
    const commit = git(this.#training, 'log', '-1', '--format=%h %s').trim();
    say(`    push ${commit} → run ${trained.run}: claims ${trained.measure} ${trained.f1.toFixed(4)}`);
    const promoted = await this.#run<Promoted>(runner, ['promote'], this.#job, [0, 1]);
    say(`    pull request ${promoted.url} → ${await this.#status(promoted.pullRequest)}`);
    this.#check(promoted.status === expected, `v${promoted.version} ${promoted.status}`);
    return promoted;
  }

  async #rolledBack(server: Serving): Promise<void> {
    this.#title('Rollback: a pull request of its own class');
    const back = await this.#run<Promoted>(this.#home, ['rollback', '--reason', 'demonstration'], this.#job);
    say(`    pull request ${back.url} → ${await this.#status(back.pullRequest)}`);
    this.#check(back.status === 'merged', `back to v${back.version}`);
    await server.swapped(back.version);
  }

  async #serves(first: number): Promise<Serving> {
    const { webhook } = this.#stage;
    this.#title('A server follows the registry');
    const port = await freePort();
    const told = webhook ? await webhook(`http://127.0.0.1:${port}/webhooks/github`) : null;
    const env = { ...this.#job, PAWL_SERVER_PORT: String(port), ...(told ? { PAWL_SECRET_WEBHOOK: told.secret } : {}) };
    const child = start(this.#home, ['serve'], env);
    const [, url] = await printed(child, /listening on (http:\S+)/);
    const swapped = async (version: number): Promise<void> => {
      await until(async () => {
        const answer = await fetch(`${url}/model`);
        return answer.ok && ((await answer.json()) as { version?: number }).version === version;
      });
      say(`    ✔ the server answers with v${version}${told ? ', told by a webhook' : ''}`);
    };
    say(`    ${url}`);
    await swapped(first);
    return { swapped };
  }

  /** What the gate says on a pull request's head. */
  async #status(number: number): Promise<string> {
    const { head } = await this.#get<{ head: { sha: string } }>(`pulls/${number}`);
    const statuses = await this.#get<{ context: string; state: string; description: string }[]>(
      `commits/${head.sha}/statuses`,
    );
    const found = statuses.find((s) => s.context === 'pawl/gate');
    return found ? `pawl/gate ${found.state}: ${found.description}` : 'no status';
  }

  async #get<T>(path: string): Promise<T> {
    const { api, repository, reader } = this.#stage;
    const headers = {
      authorization: `token ${reader}`,
      'user-agent': 'pawl-demo',
      accept: 'application/vnd.github+json',
    };
    const answer = await fetch(`${api}/repos/${repository}/${path}`, { headers });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async #told({ pullRequest, version }: Promoted): Promise<void> {
    this.#title('What is left behind');
    const { body } = await this.#get<{ body: string }>(`pulls/${pullRequest}`);
    say(`\n──── the body of pull request ${pullRequest} ────\n${body}\n────`);
    const mirror = join(this.#home, '.pawl/registry.git');
    say(
      `\nmain, newest first:\n${git(mirror, 'log', '--first-parent', '--format=  %h %s', 'refs/heads/main').trimEnd()}`,
    );
    const why = await pawl(this.#home, ['why', `v${version}`], { env: this.#job });
    say(`\npawl why v${version}:\n${why.stdout.trimEnd()}`);
    const audit = await pawl(this.#home, ['audit'], { env: this.#job });
    say(`\n${audit.stdout.trimEnd()}`);
    this.#check(audit.code === 0, 'the audit finds nothing');
    this.#check(this.#stage.violations().length === 0, 'every request was one that GitHub’s API describes');
  }

  #check(holds: boolean, line: string): void {
    if (!holds) process.exitCode = 1;
    say(`    ${holds ? '✔' : '✘'} ${line}`);
  }
}

type Serving = { readonly swapped: (version: number) => Promise<void> };

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const say = (line: string): void => console.log(line);

function git(cwd: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=Demo', '-c', 'user.email=demo@example.org'];
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

const { PAWL_DEMO_REPOSITORY: repository } = process.env;
const stage = repository ? onGitHub(repository, process.env) : await onDouble();
try {
  await new Story(stage).tell();
  say(process.exitCode ? '\nSomething did not come out as it should.' : '\nEverything came out as it should.');
} finally {
  stopAll();
  await stage.close();
}
