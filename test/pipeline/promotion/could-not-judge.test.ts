import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Judge } from '../../../pipeline/promotion/gate.ts';
import { runGate } from '../../../registry-repo/gate/gate.ts';
import { json, pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { World } from '../../support/promotions.ts';
import { scoreHere, TIME } from '../../support/registry.ts';

const unjudged = suite('a gate that could not judge');
const types = (log: readonly { type: string }[]) => log.map((e) => e.type).filter((t) => t !== 'RegistryInitialized');

unjudged('leaves the candidate and its pull request alone, says it once, and judges when it can', async () => {
  const world = await World.create();
  const { git, artifacts, key, folder } = world.registry;
  const judge = (scratch: string) => (question: Parameters<Judge>[0]) =>
    runGate({ ...question, git, artifacts, key, score: scoreHere, now: () => TIME, pawl: '0.0.0-test', scratch });
  const broken = world.ports({ judge: judge('/nowhere') }).process;
  const { proposal } = await broken.propose(await world.candidate(9), null);
  const id = proposal.kind === 'new' ? proposal.fact.data.promotionId : '';

  for (let tries = 0; tries < 3; tries++) {
    const left = await broken.finish('sentiment', id);
    assert.equal([left.status, left.judged?.result, left.judgements], ['open', 'error', 0]);
    assert.is(left.judged?.reasons[0]?.code, 'gate-unfit');
    assert.match(left.judged?.reasons[0]?.message as string, '/nowhere');
  }
  assert.equal(types(await world.log()), ['PromotionProposed', 'PullRequestOpened', 'GateJudged']);
  const pull = await world.forge().pullRequest(1);
  const [status] = await world.forge().statuses(pull.head);
  assert.equal([pull.state, status?.state], ['open', 'error']);
  assert.match(status?.description as string, /^could not judge: .*\/nowhere/);

  assert.is((await world.ports({ judge: judge(folder) }).process.finish('sentiment', id)).status, 'merged');
});

/** A workspace with a candidate, and the bytes that it has. */
async function trained(minimum = 0.5): Promise<{ home: string; bytes: number }> {
  const home = temporaryFolder();
  writeFileSync(
    join(home, 'pawl.yaml'),
    `data:\n  kind: sample\n  train: 400\n  test: 400\npolicy:\n  minimum: ${minimum}\n`,
  );
  assert.is((await pawl(home, ['train'])).code, 0);
  const stored = await json<{ sizeBytes: number }[]>(home, ['artifacts', 'list']);
  return { home, bytes: stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

unjudged('a TMPDIR that cannot be used is named before anything is proposed, and mended it goes on', async () => {
  const { home } = await trained();
  const file = join(home, 'file');
  writeFileSync(file, '');
  for (const TMPDIR of [file, join(home, 'gone')]) {
    const { code, stderr } = await pawl(home, ['promote'], { env: { TMPDIR } });
    assert.is(code, 3, stderr);
    assert.ok(stderr.includes(TMPDIR) && stderr.includes('[gate_unfit]'), stderr);
  }
  const log = await json<{ type: string }[]>(home, ['events', 'list']);
  assert.is(log.filter((e) => e.type === 'PromotionProposed').length, 0);
  assert.is((await pawl(home, ['promote'])).code, 0);
});

unjudged('a full folder is an answer of its own: exit code 3, then `pawl reconcile` goes on', async () => {
  const { home, bytes } = await trained();
  const TMPDIR = join(home, 'small');
  mkdirSync(TMPDIR);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes + 8192}`, 'tmpfs', TMPDIR], { stdio: 'pipe' });
  } catch {
    console.log('SKIPPED a full folder: only root may mount a small one');
    return;
  }
  try {
    const promoted = await pawl(home, ['promote'], { env: { TMPDIR } }); // room for the candidate, not for the rows too
    assert.is(promoted.code, 3, promoted.stdout + promoted.stderr);
    assert.match(promoted.stdout, 'could not judge');
    assert.ok(promoted.stdout.includes(TMPDIR), promoted.stdout);
    assert.is((await pawl(home, ['reconcile'], { env: { TMPDIR } })).code, 3);
    writeFileSync(join(TMPDIR, 'rest'), Buffer.alloc(bytes / 2));
    const unfit = await pawl(home, ['promote'], { env: { TMPDIR } });
    assert.is(unfit.code, 3);
    assert.match(unfit.stdout + unfit.stderr, 'TMPDIR');
  } finally {
    execFileSync('umount', [TMPDIR]);
  }
  const { finished } = await json<{ finished: { status: string }[] }>(home, ['reconcile']);
  assert.equal(
    finished.map((p) => p.status),
    ['merged'],
  );
});

unjudged('`pawl gate` says by its exit code which of the two it was', async () => {
  const { home } = await trained(0.9999);
  assert.is((await pawl(home, ['promote', '--set', 'policy.minimum=1'])).code, 1);
  assert.is((await pawl(home, ['gate', '1'])).code, 1);
  const { code, stdout } = await pawl(home, ['gate', '1'], { env: { TMPDIR: join(home, 'gone') } });
  assert.equal([code, stdout.includes('could not judge'), stdout.includes('gone')], [3, true, true], stdout);
});

unjudged.run();
