import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root, temporaryFolder } from './paths.ts';

// Workflows, executed on this machine by `act`, with stand-ins for the actions that would come from GitHub. This shows
// that the steps do what they should. It does not enforce permissions, concurrency, triggers' filters or environments:
// the linter checks those. A test must assert every job that has to run, because act leaves some out without an error.

export type ActOptions = {
  /** The workflow as it is in the repository: rendered. */
  readonly workflow: string;
  readonly event: string;
  readonly payload: unknown;
  /** As owner/name. */
  readonly repository: string;
  /** Address of the API. */
  readonly api: string;
  /** What `actions/checkout` clones, at main; without it, it leaves an empty folder. */
  readonly gitUrl?: string;
  /** The program that Pawl's action puts on the path as `pawl`; if left out, the one that was built. */
  readonly pawl?: string;
  readonly token?: string;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** The commit that the event is about, and the address of the server's pages; act's own if left out. */
  readonly sha?: string;
  readonly server?: string;
  /** More variables of the process, which every step sees. */
  readonly env?: Readonly<Record<string, string>>;
};

export type ActResult = {
  readonly code: number | null;
  /** How each job that ran at all has ended. */
  readonly jobs: Readonly<Record<string, string>>;
  /** The same by name: a matrix has several of one job. */
  readonly named: Readonly<Record<string, string>>;
  /** What the steps printed. */
  readonly output: string;
  /** The whole output of act, for messages of failing tests. */
  readonly log: string;
};

/** Why workflows cannot be executed here, or null. */
export const actMissing = (): string | null =>
  spawnSync('act', ['--version']).status === 0 ? null : 'act is not installed here';

const LABEL = 'ubuntu-24.04';

/** Executes one workflow to its end. @throws {Error} for what act would skip without an error */
export async function runWorkflow(options: ActOptions): Promise<ActResult> {
  const { workflow, event, repository, api, token = 'token-of-the-job' } = options;
  const home = temporaryFolder();
  const folder = workFolder(home, workflow, repository);
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text, { mode: 0o600 });
    return join(home, name);
  };
  const port = String(await freePort());
  const args = [
    event,
    '--json',
    '--no-skip-checkout', // act skips a checkout of the workflow's own repository, and steps would run without its files
    ...['--workflows', '.github/workflows/workflow.yml'],
    ...['--eventpath', file('event.json', JSON.stringify(options.payload))],
    ...['--platform', `${LABEL}=-self-hosted`],
    ...['--no-cache-server', '--pull=false', '--action-offline-mode', '--use-new-action-cache'],
    ...['--action-cache-path', join(home, 'actions')],
    ...['--artifact-server-addr', '127.0.0.1', '--artifact-server-port', port],
    ...['--artifact-server-path', join(home, 'artifacts')],
    ...standIns(home, workflow, options).flatMap(([name, path]) => ['--local-repository', `${name}=${path}`]),
    ...['--secret-file', file('secrets', dotenv({ ...options.secrets, GITHUB_TOKEN: token }))],
    ...['--var-file', file('variables', dotenv(options.variables ?? {}))],
    ...['--env', `GITHUB_API_URL=${api}`, '--env', `GITHUB_REPOSITORY=${repository}`],
    ...(options.sha ? ['--env', `GITHUB_SHA=${options.sha}`] : []),
    ...(options.server ? ['--env', `GITHUB_SERVER_URL=${options.server}`] : []),
  ];
  // Steps see this process's variables, so it gets only those that a runner would have.
  const env = { PATH: process.env.PATH ?? '', HOME: home, ...options.env };
  const { code, log } = await spawned(args, { cwd: folder, env });
  return { code, log, ...readLog(log) };
}

/** A repository with the workflow: act takes branch and name from it. */
function workFolder(home: string, text: string, repository: string): string {
  for (const [name, job] of Object.entries((parse(text) as { jobs: Record<string, { 'runs-on': unknown }> }).jobs))
    if (job['runs-on'] !== LABEL) throw new Error(`act would leave out job ${name}: it runs on ${job['runs-on']}`);
  const folder = join(home, 'repository');
  mkdirSync(join(folder, '.github/workflows'), { recursive: true });
  // act does not know this key yet, and never enforces concurrency.
  writeFileSync(join(folder, '.github/workflows/workflow.yml'), text.replace(/^ +queue: max\n/m, ''));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: folder });
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', `https://github.com/${repository}.git`);
  git('add', '.');
  git('commit', '--quiet', '--message', 'workflow');
  return folder;
}

/** A folder for each action that a workflow uses, by the name it is used under. @throws {Error} if there is none for one */
function standIns(home: string, workflow: string, { gitUrl, pawl }: ActOptions): [name: string, folder: string][] {
  const used = [...workflow.matchAll(/^\s*(?:- )?uses: ([\w.-]+\/[\w.-]+)(\/[\w./-]+)?@([0-9a-f]{40})/gm)];
  const made = new Map<string, string>();
  for (const [, repository = '', path = '', commit] of used) {
    const folder = join(home, 'stand-ins', repository);
    mkdirSync(join(folder, path), { recursive: true });
    const script =
      path === '/.github/actions/pawl' ? onPath(home, pawl) : repository === 'actions/checkout' ? cloned(gitUrl) : null;
    if (script === null && repository !== 'actions/setup-node') throw new Error(`no stand-in for ${repository}${path}`);
    writeFileSync(join(folder, path, 'action.yml'), composite(repository, script ?? 'true'));
    made.set(`${repository}@${commit}`, folder);
  }
  return [...made];
}

const composite = (name: string, script: string): string =>
  JSON.stringify({ name, runs: { using: 'composite', steps: [{ shell: 'bash', run: script }] } });

const cloned = (url: string | undefined): string =>
  url === undefined
    ? 'true'
    : `git clone --quiet --branch main -- '${url}' . && git --no-pager log -1 --format='main %H'`;

function onPath(home: string, program = join(root, 'dist/pipeline/cli.js')): string {
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  const command = program.endsWith('.js') ? `'${process.execPath}' '${program}'` : `'${program}'`;
  writeFileSync(join(bin, 'pawl'), `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(join(bin, 'pawl'), 0o755);
  return `echo '${bin}' >> "$GITHUB_PATH"`;
}

const dotenv = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join('');

type Line = { jobID?: string; job?: string; jobResult?: string; raw_output?: boolean; msg?: string };

function readLog(log: string): Pick<ActResult, 'jobs' | 'named' | 'output'> {
  const lines = log.split('\n').flatMap((line): Line[] => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
  const ended = lines.filter((l) => l.jobID !== undefined && l.jobResult !== undefined);
  return {
    jobs: Object.fromEntries(ended.map((l) => [l.jobID, l.jobResult])),
    named: Object.fromEntries(ended.map((l) => [l.job, l.jobResult])),
    output: lines.map((l) => (l.raw_output ? l.msg : '')).join(''),
  };
}

function spawned(
  args: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<{ code: number | null; log: string }> {
  const child = spawn('act', args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (chunk) => (log += chunk));
  child.stderr.on('data', (chunk) => (log += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, log }));
  });
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
