import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gitEnvironment } from './git-environment.ts';
import { GitFolderRefusedError } from './git-owner.ts';

/**
 * The settings that git itself writes into a new repository or a clone (Pawl names addresses, never `origin`), those
 * that Pawl adds, and those that matter only to others that push to it or fetch from it.
 */
const PLAIN = new RegExp(
  `^(?:${[
    'core\\.(?:repositoryformatversion|filemode|bare|ignorecase|precomposeunicode|symlinks|hidedotfiles)',
    'core\\.(?:logallrefupdates|sharedrepository)',
    'extensions\\.(?:objectformat|compatobjectformat|refstorage)',
    'transfer\\.(?:fsckobjects|hiderefs)',
    'remote\\.origin\\.(?:url|fetch)',
    'core\\.fsync(?:method|objectfiles)?',
    'gc\\.auto(?:detach|packlimit)?',
    'http\\.(?:receivepack|uploadpack|getanyfile)',
    'uploadpack\\.allow[a-z0-9]+',
    '(?:pawl|receive)\\..*',
  ].join('|')})$`,
  's',
);

const ANSWER_MS = 30_000;

/** What was last accepted, by folder. */
const known = new Map<string, string>();

/**
 * Checks the settings of a folder that Pawl made, before a command that reaches another repository or lets git tidy up.
 * Git documents in no one place what settings can change there, and a command line cannot undo many of them: another
 * address (`url.*.insteadOf`, `remote.*.url`), a proxy, no certificates (`http.*`, `http.URL.*`), more files of
 * settings (`include.path`), programs (`credential.*`, `gc.recentObjectsHook`). So every setting must be a known one.
 *
 * @throws {GitFolderRefusedError}
 */
export function requirePlainSettings(gitDir: string): void {
  const file = join(gitDir, 'config');
  const text = readFileSync(file, 'utf8');
  if (known.get(gitDir) === text) return;
  const args = ['config', '--file', '-', '--no-includes', '--list', '--name-only', '-z'];
  const env = gitEnvironment(process.env);
  const { error, status, stdout, stderr } = spawnSync('git', args, {
    ...{ input: text, encoding: 'utf8', timeout: ANSWER_MS, env },
  });
  if (status !== 0)
    throw new GitFolderRefusedError(`${file} cannot be read: ${error?.message ?? stderr.trim().slice(0, 500)}`);
  const others = stdout.split('\0').filter((name) => name !== '' && !PLAIN.test(name));
  if (others.length > 0) throw refused(file, others);
  known.set(gitDir, text);
}

/** Names only: a value may be a secret. */
function refused(file: string, names: readonly string[]): GitFolderRefusedError {
  const shown = [...new Set(names)].slice(0, 5).map((name) => name.replace(/\p{Cc}/gu, '?').slice(0, 200));
  return new GitFolderRefusedError(
    `${file} sets ${shown.join(', ')}, which Pawl did not: it could say where data goes or what runs, so nothing is fetched or sent from there. Take it out with \`git config --file ${file} --unset-all ${shown[0]}\`; proxies and certificates are taken from HTTPS_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and GIT_SSL_CAINFO`,
  );
}
