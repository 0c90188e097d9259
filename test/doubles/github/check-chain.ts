import * as assert from 'uvu/assert';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import { denseCounts } from '../../../registry-repo/stored-counts.ts';
import { misfits } from '../../../registry-repo/verdict/fits.ts';
import { mainHistory } from '../../../registry-repo/verify/history.ts';
import type { GitHubWorld } from './github-world.ts';

/**
 * Checks main from its first promotion on: each has a verified verdict that fitted main when it was used, and none is
 * worse than the one before.
 *
 * @returns how many promotions there are
 */
export async function checkChain(github: GitHubWorld, models: readonly string[]): Promise<number> {
  const { git } = github.repo;
  assert.equal(github.failures, []);
  const tip = (await git.resolve('refs/heads/main')) as string;
  const f1 = new Map<string, number>();
  let merged = 0;
  for await (const commit of mainHistory({ git, tip, keys: github.world.registry.policy.keys, now: new Date() })) {
    assert.not.equal(commit.kind, 'unexplained', JSON.stringify(commit));
    if (commit.kind !== 'promotion') continue;
    merged++;
    const { verdict } = commit.merge;
    const { keys } = github.world.registry.policy;
    assert.ok(models.includes(verdict.model));
    const measured = verdict.evidence.measured;
    assert.ok(measured);
    const share = right(denseCounts(measured.candidate));
    assert.ok(share >= (f1.get(verdict.model) ?? 0), 'a step down');
    f1.set(verdict.model, share);
    assert.equal(await misfits({ verdict, keys }, new RegistryAt(git, commit.parent as string)), []);
    // The verdict's baseline was the one in production just before.
    const before = (await new RegistryAt(git, commit.parent as string).production(verdict.model))?.value;
    assert.equal(verdict.bound.baseline?.manifest ?? null, before?.manifest ?? null);
  }
  return merged;
}

/** The models of these tests treat both labels alike, so more hits mean a higher F1. */
const right = (confusion: readonly (readonly number[])[]): number =>
  confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
