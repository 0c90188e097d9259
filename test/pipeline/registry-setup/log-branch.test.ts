import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openDouble } from '../../doubles/gitea/played.ts';
import { Team } from '../../doubles/github/gate-workflow.ts';
import { pawl, stopAll } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { sampleSettings } from '../../support/sample-settings.ts';

type Diagnosis = { name: string; state: string; what: string };
type Env = Record<string, string>;

const LOG = 'refs/heads/pawl/log';
const protect = suite('the branch of the log');
protect.after(stopAll);

/** A registry whose log is one of its branches. @returns what doctor says of its protection */
async function registryWith(env: Env, more: readonly string[]) {
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), `${sampleSettings(60)}events:\n  store: git\n`);
  const init = await pawl(home, ['registry', 'init', ...more, '--json'], { env });
  assert.is(init.code, 0, init.stderr + init.stdout);
  return async (code: number) => {
    const ran = await pawl(home, ['doctor', '--json'], { env });
    assert.is(ran.code, code, ran.stderr + ran.stdout);
    return (JSON.parse(ran.stdout) as Diagnosis[]).find((d) => d.name === 'main protected')?.what ?? '';
  };
}

/** What git says; the server is in this process, so nothing may block it. */
function git(folder: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    child.on('error', reject);
    child.on('close', () => resolve(said));
  });
}

/** Deletes the log, and puts another commit in its place, as somebody who may write. */
async function attempts(url: string): Promise<string[]> {
  const folder = temporaryFolder();
  await git(folder, ['clone', '--quiet', '--bare', url, 'copy']);
  const copy = join(folder, 'copy');
  return [
    await git(copy, ['push', url, `:${LOG}`]),
    await git(copy, ['push', '--force', url, `refs/heads/main:${LOG}`]),
  ];
}

protect('cannot be deleted or rewritten on Gitea', async () => {
  const server = await openDouble();
  const env = {
    PAWL_REGISTRY_FORGE: 'gitea',
    PAWL_REGISTRY_REPOSITORY: `${server.owner}/pawl-test-log`,
    PAWL_REGISTRY_API: `${server.url}/api/v1`,
    PAWL_REGISTRY_GATE_ACCOUNT: server.gate,
    PAWL_SECRET_FORGE_TOKEN: server.ownerToken,
  };
  const doctor = await registryWith(env, []);
  assert.match(await doctor(0), /protection of the log: pawl\/log can only grow/);
  const url = `${server.url.replace('://', `://pawl:${server.ownerToken}@`)}/${env.PAWL_REGISTRY_REPOSITORY}.git`;
  const [deleted, forced] = await attempts(url);
  assert.match(deleted ?? '', /protected from deletion/);
  assert.match(forced ?? '', /protected from force push/);
  await server.close();
});

protect('cannot be deleted or rewritten on GitHub, and doctor sees when that is loosened', async () => {
  const team = await Team.create();
  const doctor = await registryWith(team.asAdmin, ['--action', team.action]);
  assert.match(await doctor(0), /rules of the log: pawl\/log can only grow/);
  const url = `${team.double.url.replace(/\/api\/v3$/, '').replace('://', `://pawl:${team.admin}@`)}/${team.repository}.git`;
  for (const refused of await attempts(url)) assert.match(refused, /rule violations|GH013|protected/i);
  const repo = team.double.world.repo(team.repository);
  repo?.rulesets.splice(1);
  assert.match(await doctor(1), /rules of the log: no ruleset/);
  await team.double.close();
});

protect.run();
