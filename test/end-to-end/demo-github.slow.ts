import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startGitHubDouble } from '../doubles/github/double.ts';
import { root } from '../support/paths.ts';

const demo = suite('npm run demo:github');

function run(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [join(root, 'dist/scripts/demo-github/play.js')], {
    env: { ...process.env, ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}

/** What every telling has: a refusal, two merges, swaps, a rollback, the body of a pull request, main, and an audit. */
function checkTold(said: string): void {
  for (const part of [
    '✔ v1 rejected',
    '✔ v2 merged',
    '✔ v3 merged',
    '✔ back to v2',
    '**Gate: passed.**',
    'roll back(sentiment): v3 → v2',
    'audit passed',
    'Everything came out as it should.',
  ])
    assert.ok(said.includes(part), `${part}\n\n${said}`);
  assert.is(said.match(/the server answers with v2/g)?.length, 2, said);
}

demo('plays the whole story against the double', async () => {
  const { code, said } = await run({});
  assert.is(code, 0, said);
  checkTold(said);
  assert.match(said, 'told by a webhook');
});

demo('plays it in a repository that it is given, with a token, and this machine as the gate', async () => {
  const double = await startGitHubDouble();
  try {
    double.world.organization('team', { admin: 'admin' });
    const permissions = {
      metadata: 'read',
      contents: 'write',
      pull_requests: 'write',
      statuses: 'write',
      actions: 'read',
      administration: 'write',
      workflows: 'write',
    } as const;
    const { code, said } = await run({
      PAWL_DEMO_REPOSITORY: 'team/models',
      PAWL_REGISTRY_API: double.url,
      PAWL_SECRET_FORGE_TOKEN: double.token('admin', { permissions }),
    });
    assert.is(code, 0, said);
    checkTold(said);
    assert.match(said, 'this machine judges and merges');
    assert.equal(double.violations, []);
  } finally {
    await double.close();
  }
});

demo.run();
