import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../support/paths.ts';

/** A real Gitea on this machine, with its data in a folder of its own. */
export type RealGitea = {
  readonly url: string;
  /** A token that may do everything, of an account that administers the server. */
  readonly admin: string;
  /** A new account, and a token of it that may do what an account may. */
  user(login: string): Promise<string>;
  close(): Promise<void>;
};

/** The program, if it is on the PATH. It must find its own templates: see docs/guides/gitea.md. */
export const giteaProgram = (): string | null =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'gitea'))
    .find((file) => existsSync(file)) ?? null;

const settings = (folder: string, port: number): string => `RUN_MODE = prod
WORK_PATH = ${folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = false
[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'gitea.db')}
SQLITE_JOURNAL_MODE = WAL
[security]
INSTALL_LOCK = true
SECRET_KEY = ${randomBytes(16).toString('hex')}
[log]
MODE = console
LEVEL = Warn
[cron]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** @param program as {@link giteaProgram} finds it */
export async function startGitea(program: string): Promise<RealGitea> {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  mkdirSync(home);
  const [port, file] = [await freePort(), join(folder, 'app.ini')];
  writeFileSync(file, settings(folder, port));
  const env = { PATH: process.env.PATH, HOME: home, USER: process.env.USER ?? 'root' };
  const gitea = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)(program, ['--config', file, ...args], { cwd: folder, env })).stdout.trim();
  await gitea('migrate');
  const account = async (login: string, ...more: readonly string[]): Promise<string> => {
    const password = ['--random-password', '--must-change-password=false'];
    await gitea(
      'admin',
      'user',
      'create',
      '--username',
      login,
      '--email',
      `${login}@example.org`,
      ...password,
      ...more,
    );
    const token = ['--token-name', 'test', '--scopes', 'all', '--raw'];
    const printed = await gitea('admin', 'user', 'generate-access-token', '--username', login, ...token);
    const [made] = /^[0-9a-f]{40}$/m.exec(printed) ?? [];
    if (made === undefined) throw new Error(`gitea made no token: ${printed}`);
    return made;
  };
  const admin = await account('admin1', '--admin');
  const child = spawn(program, ['--config', file, 'web'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (said = `${said}${chunk}`.slice(-4000)));
    (stream as Socket).unref();
  }
  child.unref(); // a test that ends takes it along
  process.once('exit', () => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/api/v1/version`, child, () => said);
  return { url, admin, user: (login) => account(login), close: () => stop(child) };
}

async function answers(url: string, child: ChildProcess, said: () => string): Promise<void> {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    if (
      await fetch(url).then(
        (r) => r.ok,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  child.kill('SIGKILL');
  throw new Error(`gitea does not answer: ${said()}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.ref();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
