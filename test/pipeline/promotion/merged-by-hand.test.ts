import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { audit } from '../../../pipeline/audit/audit.ts';
import { printText } from '../../../pipeline/audit/print.ts';
import type { Forge } from '../../../pipeline/forge/forge.ts';
import { reconcile } from '../../../pipeline/promotion/reconcile.ts';
import type { Promotion } from '../../../projections/promotions.ts';
import type { Git } from '../../../registry-repo/git.ts';
import { verifyProduction } from '../../../registry-repo/verify/production.ts';
import { startGiteaDouble } from '../../doubles/gitea/double.ts';
import { giteaForgeOn } from '../../doubles/gitea/forge.ts';
import { startGitHubDouble } from '../../doubles/github/double.ts';
import { forgeOn } from '../../doubles/github/forge.ts';
import { Killed, World } from '../../support/promotions.ts';
import { MODEL, TIME } from '../../support/registry.ts';

// A reviewer presses the forge's own button on a promotion: before it was judged, after it, after a process died in between.

type Button = 'merge' | 'squash' | 'rebase';
type Played = {
  readonly world: World;
  /** A client of its own, with its own copy of the registry. */
  forge(): Forge;
  press(button: Button, number: number): Promise<void>;
  close(): Promise<void>;
};

const REPOSITORY = 'org/registry';

async function onGitHub(): Promise<Played> {
  const world = await World.create();
  const double = await startGitHubDouble();
  const repo = await double.createRepo(REPOSITORY);
  await fillFrom(world, repo.git);
  const promoter = double.app('promoter', 'org');
  const token = double.token('reviewer', { repo: REPOSITORY });
  return {
    world,
    forge: () => forgeOn(double, REPOSITORY, promoter),
    press: (merge_method, number) =>
      send('PUT', `${double.url}/repos/${REPOSITORY}/pulls/${number}/merge`, token, { merge_method }),
    close: () => double.close(),
  };
}

async function onGitea(): Promise<Played> {
  const world = await World.create();
  const double = await startGiteaDouble();
  const repo = await double.createRepo(REPOSITORY, {});
  await fillFrom(world, repo.git);
  const [promoter, reviewer] = [double.token('promoter', REPOSITORY), double.token('reviewer', REPOSITORY)];
  return {
    world,
    forge: () => giteaForgeOn(double.url, REPOSITORY, promoter),
    press: (style, number) =>
      send('POST', `${double.url}/api/v1/repos/${REPOSITORY}/pulls/${number}/merge`, reviewer, { Do: style }),
    close: () => double.close(),
  };
}

async function fillFrom(world: World, git: Git): Promise<void> {
  const remote = world.registry.git.gitDir;
  await git.run(['fetch', '--quiet', remote, '+refs/heads/main:refs/heads/main'], { remote });
}

async function send(method: string, url: string, token: string, body: object): Promise<void> {
  const headers = { authorization: `token ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  assert.is(answer.status, 200, await answer.text());
}

/** A promotion in which something happens before one of its steps, which then goes on or dies. */
async function promote(
  { world, forge: client }: Played,
  skill: number,
  meddle: (forge: Forge) => void = () => {},
): Promise<Promotion> {
  const forge = client();
  meddle(forge);
  const { process } = world.ports({ forge });
  const { model, proposal } = await process.propose(await world.candidate(skill), null);
  assert.ok(proposal.kind === 'new');
  const id = proposal.fact.data.promotionId;
  await process.finish(model, id).catch((error) => {
    if (!(error instanceof Killed)) throw error;
  });
  return world.ports({ forge: client() }).process.finish(model, id);
}

/** What a server, an audit and a reconcile of another machine say. */
async function standing({ world, forge: client }: Played) {
  const forge = client();
  const { diverged } = await reconcile(world.ports({ forge }));
  const tip = await forge.sync();
  const keys = world.registry.policy.keys;
  const served = await verifyProduction({ git: forge.git, tip, model: MODEL, keys, now: TIME })
    .then((p) => p.production.version)
    .catch((error) => error.code);
  const report = await audit(
    {
      store: world.store,
      views: null,
      artifacts: world.registry.artifacts,
      registry: { git: forge.git, tip },
      trusted: [...keys, world.logKey],
      now: TIME,
      artifactsApart: false,
      progress: () => {},
    },
    [],
  );
  return { served, diverged, report };
}

async function clean(played: Played, version: number): Promise<void> {
  const { served, diverged, report } = await standing(played);
  assert.equal([served, diverged], [version, []]);
  assert.equal(report.findings, [], printText(report));
}

const hand = suite('merged by hand');

for (const [name, open] of [
  ['GitHub', onGitHub],
  ['Gitea', onGitea],
] as const)
  for (const button of ['merge', 'squash', 'rebase'] as const) {
    const on = (what: string, test: (played: Played) => Promise<void>) =>
      hand(`${name}, ${button}: ${what}`, async () => {
        const played = await open();
        try {
          await test(played);
        } finally {
          await played.close();
        }
      });

    on('pressed just before Pawl merges itself', async (played) => {
      const merged = await promote(played, 9, (forge) => {
        const merge = forge.merge.bind(forge);
        forge.merge = async (request) => {
          await played.press(button, request.number);
          return merge(request);
        };
      });
      assert.is(merged.status, 'merged');
      await clean(played, 1);
      assert.is((await promote(played, 10)).status, 'merged', 'and the next is promoted over it');
      await clean(played, 2);
    });

    if (button !== 'squash') continue;

    on('pressed while the process that had judged it was dead', async (played) => {
      const merged = await promote(played, 9, (forge) => {
        forge.attachVerdict = async () => {
          await played.press(button, 1);
          throw new Killed();
        };
      });
      assert.is(merged.status, 'merged');
      await clean(played, 1);
    });

    on('pressed while it was judged: the status says not to, and it counts once it has passed', async (played) => {
      let said = '';
      const merged = await promote(played, 9, (forge) => {
        const setStatus = forge.setStatus.bind(forge);
        forge.setStatus = async (commit, status) => {
          await setStatus(commit, status);
          said = status.description;
          await played.press(button, 1);
          throw new Killed();
        };
      });
      assert.match(said, 'do not merge by hand');
      assert.is(merged.status, 'merged', merged.rejection?.reasons[0]?.message);
      await clean(played, 1);
    });
  }

hand.run();
