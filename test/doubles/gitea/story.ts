import { randomUUID } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RefMovedError } from '../../../registry-repo/git.ts';
import { pawl } from '../../support/cli-here.ts';
import { commitFiles } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { sampleSettings } from '../../support/sample-settings.ts';
import { giteaForgeOn } from './forge.ts';

export type StoryServer = {
  /** Without `/api/v1`. */
  readonly url: string;
  /** The account that owns the registry, and its token. */
  readonly owner: string;
  readonly ownerToken: string;
  /** The account that the gate acts as. */
  readonly gate: string;
  readonly gateToken: string;
  /** Loosens the protection of main without Pawl's knowledge. */
  loosen(repository: string): Promise<void>;
  /** Requests that the server's own description does not allow. */
  violations(): readonly string[];
  close(): Promise<void>;
};

/**
 * The story of one registry on Gitea, through the command line: made, protected, a promotion by both halves of the
 * gate, one by this machine.
 *
 * @param options `whole`: false ends it with the first promotion
 */
export function giteaStory(name: string, open: () => Promise<StoryServer>, { whole = true } = {}): void {
  const story = suite(`the story, on ${name}`);
  const folder = temporaryFolder();
  const repository = () => `${server.owner}/pawl-test-${id}`;
  const id = randomUUID().slice(0, 8);
  const action = ['--action', `owner/pawl@${'a'.repeat(40)}`];
  let server: StoryServer;
  story.before(async () => {
    server = await open();
    writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(1500));
  });
  story.after(async () => {
    await server.close();
  });

  story.after.each(() => assert.equal(server.violations(), []));

  const env = (token: string): Record<string, string> => ({
    PAWL_REGISTRY_FORGE: 'gitea',
    PAWL_REGISTRY_REPOSITORY: repository(),
    PAWL_REGISTRY_API: `${server.url}/api/v1`,
    PAWL_REGISTRY_GATE_ACCOUNT: server.gate,
    PAWL_SECRET_FORGE_TOKEN: token,
  });
  async function json<T>(args: readonly string[], more: Record<string, string>, expected = 0): Promise<T> {
    const ran = await pawl(folder, [...args, '--json'], { env: more });
    assert.is(ran.code, expected, `pawl ${args.join(' ')}: ${ran.stderr}${ran.stdout}`);
    for (const token of [server.ownerToken, server.gateToken])
      assert.not((ran.stdout + ran.stderr).includes(token), 'a token is shown');
    return JSON.parse(ran.stdout) as T;
  }
  const asOwner = () => ({ ...env(server.ownerToken), PAWL_REGISTRY_GATE: 'workflow' });
  type Part = { name: string; state: string; what: string; fix: string };
  type Done = { created: boolean; calls: { route: string }[]; parts: Part[]; enforced: unknown };
  type Promoted = { status: string; version: number; pullRequest: number; commit: string };
  const protection = async (expected: number) =>
    (await json<Part[]>(['doctor'], asOwner(), expected)).find((d) => d.name === 'main protected');

  story('a dry run tells every request and sends none', async () => {
    const { calls } = await json<Done>(['registry', 'init', ...action, '--dry-run'], asOwner());
    const routes = calls.map((c) => c.route);
    assert.ok(routes.includes('POST /user/repos'));
    assert.ok(routes.includes('POST /repos/{owner}/{repo}/branch_protections'));
    const again = await json<Done>(['registry', 'init', ...action, '--dry-run'], asOwner());
    assert.equal(again.calls, calls);
  });

  story('the registry is made, protected, and tried; again, nothing is sent', async () => {
    const first = await json<Done>(['registry', 'init', ...action], asOwner());
    assert.is(first.created, true);
    assert.equal(
      first.parts.filter((p) => p.state !== 'ok'),
      [],
    );
    assert.equal(first.enforced, { headPrecondition: true, requiredStatus: true });
    const again = await json<Done>(['registry', 'init', ...action], asOwner());
    assert.equal([again.created, again.calls], [false, []]);
    const forge = giteaForgeOn(server.url, repository(), server.ownerToken);
    const tip = await forge.sync();
    assert.is(await forge.git.text(['for-each-ref', '--format=%(refname)', 'refs/heads']), 'refs/heads/main');
    const workflow = await forge.git.text(['show', `${tip}:.github/workflows/promotion-gate.yml`]);
    assert.match(workflow, 'PAWL_REGISTRY_FORGE: gitea');
  });

  story('the folder remembers a registry that flags named: later commands find it', async () => {
    const other = temporaryFolder();
    const settings = `# our settings\n${sampleSettings(1500)}`;
    writeFileSync(join(other, 'pawl.yaml'), settings);
    cpSync(join(folder, '.pawl/keys'), join(other, '.pawl/keys'), { recursive: true });
    const token = { PAWL_SECRET_FORGE_TOKEN: server.ownerToken, PAWL_REGISTRY_GATE: 'workflow' };
    const named = ['--forge', 'gitea', '--repo', repository(), '--api', `${server.url}/api/v1`];
    const args = ['registry', 'init', ...named, '--gate-account', server.gate, ...action];
    const before = await pawl(other, [...args, '--dry-run'], { env: token });
    assert.is(before.code, 0, before.stderr);
    assert.is(readFileSync(join(other, 'pawl.yaml'), 'utf8'), settings);
    const ran = await pawl(other, args, { env: token });
    assert.is(ran.code, 0, ran.stderr);
    assert.match(ran.stdout + ran.stderr, /pawl\.yaml names the registry now: registry\.forge, registry\.repository/);
    const written = readFileSync(join(other, 'pawl.yaml'), 'utf8');
    assert.ok(written.startsWith('# our settings\n'));
    assert.match(written, `repository: ${repository()}`);
    const status = await pawl(other, ['registry', 'status'], { env: token });
    assert.is(status.code, 0, status.stderr);
    assert.match(status.stdout, repository());
  });

  story('doctor sees what was loosened, names the request that mends it, and init mends it', async () => {
    assert.is((await protection(0))?.state, 'warning', 'secrets for a workflow are for every branch here');
    await server.loosen(repository());
    const loosened = await protection(1);
    assert.is(loosened?.state, 'problem');
    assert.match(loosened?.what ?? '', 'block_admin_merge_override');
    assert.match(loosened?.fix ?? '', 'PATCH /repos/{owner}/{repo}/branch_protections/{name}');
    await json(['registry', 'init', ...action], asOwner());
    assert.is((await protection(0))?.state, 'warning');
  });

  story('nobody but the gate pushes to main, not even the owner', async () => {
    const forge = giteaForgeOn(server.url, repository(), server.ownerToken);
    const main = await forge.sync();
    const mine = await commitFiles(forge.git, main, { 'README.md': 'mine' });
    await forge.pushBranch('promote/mine', mine, null);
    const { number } = await forge.openPullRequest({ branch: 'promote/mine', title: 't', body: 'b', labels: [] });
    const refused = await forge.merge({ number, head: mine, base: main, message: 'm' }).catch((error) => error);
    assert.not(refused instanceof RefMovedError);
    assert.equal([refused.code, refused.refusal], ['merge_refused', 'not-allowed'], String(refused));
    assert.is(await forge.sync(), main);
    await forge.closePullRequest(number);
    await forge.deleteBranch('promote/mine');
  });

  story('a candidate is proposed, judged by both halves of the gate, merged, and recorded', async () => {
    await json(['train'], asOwner());
    const proposed = await json<Promoted>(['promote', '--no-wait'], asOwner());
    assert.is(proposed.status, 'open');
    const forge = giteaForgeOn(server.url, repository(), server.ownerToken);
    const { head } = await forge.pullRequest(proposed.pullRequest);
    const question = ['--pr', String(proposed.pullRequest), '--head', head];
    const judgement = join(folder, 'judgement.json');
    const evaluate = await pawl(folder, ['gate', 'evaluate', ...question, '--out', judgement], { env: asOwner() });
    assert.is(evaluate.code, 0, evaluate.stderr + evaluate.stdout);
    const asGate = { ...env(server.gateToken), PAWL_REGISTRY_GATE: 'workflow' };
    const publish = await pawl(folder, ['gate', 'publish', ...question, '--judgement', judgement], { env: asGate });
    assert.is(publish.code, 0, publish.stderr + publish.stdout);
    const [, commit] = /merged as ([0-9a-f]{40})/.exec(publish.stdout) ?? [];
    await json(['reconcile'], asOwner());
    const shown = await forge.pullRequest(proposed.pullRequest);
    assert.equal([shown.state, shown.mergeCommit], ['merged', commit]);
    assert.is(await forge.sync(), commit);
    const [status] = (await forge.statuses(head)).filter((s) => s.context === 'pawl/gate');
    assert.is(status?.state, 'success');
  });

  const later = whole ? story : () => {};

  later('where this machine judges, one command promotes, and a worse candidate is closed', async () => {
    const asGate = env(server.gateToken);
    writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(300));
    await json(['train'], asGate);
    const refused = await json<Promoted>(['promote'], asGate, 1);
    assert.is(refused.status, 'rejected');
    writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(2500));
    await json(['train'], asGate);
    assert.is((await json<Promoted>(['promote'], asGate)).status, 'merged');
    assert.is((await json<Promoted>(['rollback', '--reason', 'complaints'], asGate)).status, 'merged');
    const audit = await pawl(folder, ['audit'], { env: asGate });
    assert.is(audit.code, 0, audit.stdout + audit.stderr);
  });

  later('a change of rules is a pull request that this machine merges', async () => {
    const asGate = env(server.gateToken);
    type Changed = { changed: boolean; commit: string };
    const args = ['registry', 'configure', '--minimum', '0.81', '--reason', 'users notice less'];
    const { changed, commit } = await json<Changed>(args, asGate);
    assert.is(changed, true);
    assert.is(await giteaForgeOn(server.url, repository(), server.ownerToken).sync(), commit);
  });

  story.run();
}
