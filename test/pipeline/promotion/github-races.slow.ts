import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Promotion } from '../../../projections/promotions.ts';
import { evaluationPath } from '../../../registry-repo/evaluation-set.ts';
import { printFile } from '../../../registry-repo/file.ts';
import { POLICY_PATH } from '../../../registry-repo/policy.ts';
import { printRows } from '../../../registry-repo/rows.ts';
import { checkChain } from '../../doubles/github/check-chain.ts';
import { GitHubWorld } from '../../doubles/github/github-world.ts';
import { commitFiles } from '../../support/git.ts';
import { rowsFor } from '../../support/models.ts';
import { evaluationSet, modelPolicy, TIME } from '../../support/registry.ts';

const later = (i: number): string => new Date(TIME.getTime() + i * 1000).toISOString();

const races = suite('races on GitHub');

races('50 concurrent promotions of one model: its history is a chain that never falls', async () => {
  const github = await GitHubWorld.create();
  try {
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
  } finally {
    await github.close();
  }
});

races('50 promotions of 10 models: what cannot affect each other is not scored twice', async () => {
  const models = Array.from({ length: 10 }, (_, i) => `model-${i}`);
  const github = await GitHubWorld.create((policy) => {
    for (const model of models) Object.assign(policy.models, { [model]: modelPolicy() });
  });
  try {
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
  } finally {
    await github.close();
  }
});

races('rules and evaluation set change meanwhile: no verdict of before is used', async () => {
  const github = await GitHubWorld.create();
  try {
    const digests = [];
    for (let i = 0; i < 20; i++) digests.push(await github.world.candidate(8 + (i % 3), { createdAt: later(i) }));
    let over = false;
    const rules = changeRules(github, () => over);
    const ended = await Promise.all(digests.map((d) => github.promote(d)));
    over = true;
    const changes = await rules;
    assert.ok(ended.every((p) => p.status !== 'open'));
    const merged = await checkChain(github, ['sentiment']);
    assert.is(merged, ended.filter((p) => p.status === 'merged').length);
    assert.ok(merged > 0);
    const judgements = ended.reduce((sum, p) => sum + p.judgements, 0);
    console.log(`20 promotions over ${changes} changes of rules: ${merged} merged, ${judgements} judgements`);
    assert.equal(github.double.violations, []);
  } finally {
    await github.close();
  }
});

/** Somebody who may changes the rules and the evaluation set in turn, a few times. @returns how often */
async function changeRules({ repo, world }: GitHubWorld, over: () => boolean): Promise<number> {
  const { git } = repo;
  let changes = 0;
  for (; changes < 6 && !over(); changes++) {
    await sleep(1500);
    const rows = rowsFor('test', 4 + (changes % 2));
    await world.registry.artifacts.put(printRows(rows));
    const policy = structuredClone(world.registry.policy);
    policy.limits.scoreSeconds += changes;
    const files = {
      [POLICY_PATH]: printFile(policy),
      [evaluationPath('reviews')]: printFile(evaluationSet(rows)),
    };
    const from = (await git.resolve('refs/heads/main')) as string;
    const to = await commitFiles(git, from, files, `rules ${changes}`);
    await git.updateRefs([{ ref: 'refs/heads/main', to, from }]).catch(() => {}); // a merge came first: the next one
  }
  return changes;
}

races.run();
