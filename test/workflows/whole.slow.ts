import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gateByAct, relayByAct, trainByAct } from '../doubles/github/act-jobs.ts';
import { Team } from '../doubles/github/gate-workflow.ts';
import type { Repo } from '../doubles/github/state.ts';
import { type ActResult, actMissing } from '../support/act.ts';
import { pawl, stopAll } from '../support/cli.ts';
import { commitFiles } from '../support/git.ts';
import { temporaryFolder } from '../support/paths.ts';

// All three workflows as they lie in their repositories, executed with the real command line against GitHub's double.

const settings = (rows: number, team: Team): string => `model: sentiment
data: { kind: sample, train: ${rows}, test: 400 }
training: { trainer: nbsvm, workers: 2 }
registry: { forge: github, repository: ${team.repository} }
events: { store: git }
artifacts: { store: github-releases }
policy: { minimum: 0.8 }
`;

const whole = suite('the workflows, executed with the real command line');
const missing = actMissing();
if (missing) console.log(`SKIPPED ${missing}: workflows are linted, but not executed`);

async function start() {
  const team = await Team.create();
  const home = temporaryFolder();
  team.keys = join(home, '.pawl/keys');
  writeFileSync(join(home, 'pawl.yaml'), settings(1500, team));
  const init = await pawl(home, ['registry', 'init', '--action', team.action], { env: team.asAdmin });
  assert.is(init.code, 0, init.stderr + init.stdout);
  const written = await freshInit(team);
  const training = await team.double.createRepo('org/reviews', {
    'pawl.yaml': settings(1500, team),
    '.github/workflows/train.yml': readFileSync(join(written, '.github/workflows/train.yml'), 'utf8'),
  });
  const push = async (rows: number) => {
    const from = (await training.git.resolve('refs/heads/main')) as string;
    const to = await commitFiles(training.git, from, { 'pawl.yaml': settings(rows, team) });
    await training.git.updateRefs([{ ref: 'refs/heads/main', to, from }]);
  };
  const registry = team.double.world.repo(team.repository) as Repo;
  return { team, home, training, push, registry };
}

/** What `pawl init` writes into a repository that has nothing yet. */
async function freshInit(team: Team): Promise<string> {
  const folder = temporaryFolder();
  const args = ['init', '--forge', 'github', '--repo', team.repository, '--action', team.action];
  const ran = await pawl(folder, args);
  assert.is(ran.code, 0, ran.stderr + ran.stdout);
  return folder;
}

if (!missing)
  whole('push, train, pull request, gate, merge; a worse one is refused; a fork is answered', async () => {
    const { team, home, training, push, registry } = await start();
    try {
      const gates: ActResult[] = [];
      team.onRequest = async (number, head) => {
        const played = await gateByAct(team, number, head);
        gates.push(played);
        return played.code === 0 ? 'success' : 'failure';
      };
      await push(1600);
      const good = await trainByAct(team, training);
      assert.equal(good.jobs, { train: 'success' }, good.output);

      assert.equal(gates.at(-1)?.jobs, { evaluate: 'success', publish: 'success' }, gates.at(-1)?.output);
      const merged = registry.pulls.at(-1);
      assert.ok(merged?.mergedAt, gates.at(-1)?.output);
      assert.is(merged?.mergedBy?.id, team.gate.bot);
      assert.match(merged?.body ?? '', '**Gate: passed.**');
      assert.match(merged?.body ?? '', (await training.git.resolve('refs/heads/main')) as string);

      await push(300);
      const bad = await trainByAct(team, training);
      assert.equal(bad.jobs, { train: 'failure' }, 'a refusal is red for whoever pushed');
      const refused = registry.pulls.at(-1);
      assert.equal([refused?.state, refused?.mergedAt ?? null], ['closed', null]);
      const failed = registry.statuses.filter((s) => s.sha === refused?.head && s.context === 'pawl/gate').at(-1);
      assert.equal([failed?.state, failed?.appId], ['failure', team.gate.id]);

      const fork = await team.double.fork(team.repository, 'stranger');
      const main = (await registry.git.resolve('refs/heads/main')) as string;
      const stranger = team.double.token('stranger', { repo: team.repository, role: 'read' });
      const head = await commitFiles(fork.git, main, { 'models/sentiment/production.json': '{}' });
      await fork.git.updateRefs([{ ref: 'refs/heads/mine', to: head, from: null }]);
      const opened = await fetch(`${team.double.url}/repos/${team.repository}/pulls`, {
        method: 'POST',
        headers: { authorization: `token ${stranger}`, 'user-agent': 'stranger', 'content-type': 'application/json' },
        body: JSON.stringify({ title: 'mine', head: 'stranger:mine', base: 'main' }),
      });
      assert.is(opened.status, 201, await opened.text());
      const number = registry.pulls.at(-1)?.number as number;
      const before = gates.length;
      const relayed = await relayByAct(team, {
        action: 'opened',
        number,
        pull_request: { number, head: { sha: head, ref: 'mine' }, base: { ref: 'main' } },
        repository: { full_name: team.repository, name: 'registry', owner: { login: 'org' } },
      });
      assert.equal(relayed.jobs, { relay: 'success' }, relayed.output);
      await team.double.settled();
      assert.is(gates.length, before + 1, 'the relay asked the gate');
      assert.is(registry.pulls.at(-1)?.mergedAt ?? null, null);
      assert.is(await registry.git.resolve('refs/heads/main'), main);

      const watcher = temporaryFolder();
      mkdirSync(join(watcher, '.pawl'));
      cpSync(join(home, '.pawl/keys'), join(watcher, '.pawl/keys'), { recursive: true });
      writeFileSync(join(watcher, 'pawl.yaml'), settings(300, team));
      const audit = await pawl(watcher, ['audit'], { env: team.asPromoter });
      assert.is(audit.code, 0, audit.stdout + audit.stderr);
      assert.equal(team.double.violations, []);
    } finally {
      stopAll();
      await team.double.close();
    }
  });

whole.run();
