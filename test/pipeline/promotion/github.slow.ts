import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { GitHubForge } from '../../../pipeline/forge/forge.github.ts';
import type { Promotion } from '../../../projections/promotions.ts';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import { mainHistory } from '../../../registry-repo/verify/history.ts';
import { GitHubWorld } from '../../support/github/github-world.ts';
import { Killed } from '../../support/promotions.ts';
import { modelPolicy, TIME } from '../../support/registry.ts';

const later = (i: number): string => new Date(TIME.getTime() + i * 1000).toISOString();

/** Main from its first promotion on: each with a verified verdict, and no step down. */
async function checkChain(github: GitHubWorld, models: readonly string[]): Promise<number> {
  const { git } = github.repo;
  const tip = (await git.resolve('refs/heads/main')) as string;
  const f1 = new Map<string, number>();
  let merged = 0;
  for await (const commit of mainHistory({ git, tip, keys: github.world.registry.policy.keys, now: new Date() })) {
    assert.not.equal(commit.kind, 'unexplained', JSON.stringify(commit));
    if (commit.kind !== 'promotion') continue;
    merged++;
    const { verdict } = commit.merge;
    assert.ok(models.includes(verdict.model));
    const measured = verdict.evidence.measured;
    assert.ok(measured);
    const share = right(measured.candidate);
    assert.ok(share >= (f1.get(verdict.model) ?? 0), 'a step down');
    f1.set(verdict.model, share);
    // The verdict's baseline was the one in production just before.
    const before = (await new RegistryAt(git, commit.parent as string).production(verdict.model))?.value;
    assert.equal(verdict.bound.baseline?.manifest ?? null, before?.manifest ?? null);
  }
  return merged;
}

/** The models of these tests answer alike for both labels, so more hits is a higher F1. */
const right = (confusion: readonly (readonly number[])[]): number =>
  confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);

const races = suite('races on GitHub');

races('50 concurrent promotions of one model: its history is a chain that never falls', async () => {
  const github = await GitHubWorld.create();
  const digests = [];
  for (let i = 0; i < 50; i++) digests.push(await github.world.candidate(8 + (i % 3), { createdAt: later(i) }));
  const ended: Promotion[] = [];
  for (let i = 0; i < 50; i += 10)
    ended.push(...(await Promise.all(digests.slice(i, i + 10).map((d) => github.promote(d)))));
  assert.ok(ended.every((p) => p.status !== 'open'));
  const merged = await checkChain(github, ['sentiment']);
  assert.is(merged, ended.filter((p) => p.status === 'merged').length);
  assert.ok(merged > 0);
  const superseded = ended.filter((p) => p.rejection?.cause === 'superseded').length;
  console.log(`50 promotions: ${merged} merged, ${superseded} superseded, ${github.scored.length} scorings`);
  assert.equal(github.double.violations, []);
  await github.close();
});

races('50 promotions of 10 models: what cannot affect each other is not scored twice', async () => {
  const models = Array.from({ length: 10 }, (_, i) => `model-${i}`);
  const github = await GitHubWorld.create((policy) => {
    for (const model of models) Object.assign(policy.models, { [model]: modelPolicy() });
  });
  for (let round = 0; round < 5; round++) {
    const digests = await Promise.all(
      models.map((model) => github.world.candidate(9 + (round > 2 ? 1 : 0), { model, createdAt: later(round) })),
    );
    const ended = await Promise.all(digests.map((d) => github.promote(d)));
    assert.equal(
      ended.map((p) => [p.status, p.judgements]),
      models.map(() => ['merged', 1]),
    );
  }
  assert.is(await checkChain(github, models), 50);
  assert.equal([github.scored.length, new Set(github.scored).size], [50, 50]);
  assert.equal(github.double.violations, []);
  await github.close();
});

const kills = suite('killed between any two calls to GitHub');

/** A forge whose process dies at its `at`-th change at GitHub, before or after it took effect; after that it does nothing. */
function mortal(
  github: GitHubWorld,
  at: number,
  when: 'before' | 'after',
): { forge: GitHubForge; calls: () => number } {
  const forge = github.forge();
  const { place, mirror } = forge.connection;
  let [calls, dead] = [0, false];
  const wrap = (target: object, name: string) => {
    const work = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
    Reflect.set(target, name, async (...args: unknown[]) => {
      if (dead) throw new Killed();
      calls++;
      if (calls === at && when === 'before') dead = true;
      if (dead) throw new Killed();
      const result = await work.apply(target, args);
      if (calls === at) dead = true;
      if (dead) throw new Killed();
      return result;
    });
  };
  wrap(place.api, 'send');
  wrap(mirror, 'push');
  return { forge, calls: () => calls };
}

kills('the next process goes on, and nothing is done twice', async () => {
  for (const when of ['before', 'after'] as const)
    for (let at = 1; ; at++) {
      const github = await GitHubWorld.create();
      const digest = await github.world.candidate(9);
      const { forge, calls } = mortal(github, at, when);
      const first = await github.promote(digest, github.ports(forge)).catch((error) => {
        if (error instanceof Killed) return null;
        throw error;
      });
      await github.double.settled();
      const { process } = github.ports();
      const { proposal } = await process.propose(digest, null);
      if (proposal.kind === 'open') {
        const done = await process.finish('sentiment', proposal.promotionId, { waitMs: 60_000 });
        assert.is(done.status, 'merged', `${when} call ${at}`);
      } else assert.is(proposal.kind, 'done', `${when} call ${at}`);
      assert.is(github.repo.pulls.length, 1);
      assert.is(await checkChain(github, ['sentiment']), 1);
      const markers = github.repo.comments.map((c) => c.body.split('\n')[0]);
      assert.is(new Set(markers).size, markers.length);
      assert.equal(github.double.violations, []);
      await github.close();
      if (first) {
        assert.ok(calls() > 2, 'the process was never killed');
        break;
      }
    }
});

races.run();
kills.run();
