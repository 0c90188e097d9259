import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { audit } from '../../../pipeline/audit/audit.ts';
import { printText } from '../../../pipeline/audit/print.ts';
import { MergeRefusedError } from '../../../pipeline/forge/errors.ts';
import { recordConfigured } from '../../../pipeline/promotion/compare-main.ts';
import type { Judge } from '../../../pipeline/promotion/gate.ts';
import type { Promotion } from '../../../projections/promotions.ts';
import { digestOf } from '../../../registry-repo/digest.ts';
import { printFile } from '../../../registry-repo/file.ts';
import { runGate } from '../../../registry-repo/gate/gate.ts';
import { Stop } from '../../../registry-repo/gate/stop.ts';
import { couldNotJudge } from '../../../registry-repo/gate/whose-fault.ts';
import { errored, failed } from '../../../registry-repo/judge/finding.ts';
import type { Policy } from '../../../registry-repo/policy.ts';
import type { Production } from '../../../registry-repo/production.ts';
import type { Row } from '../../../registry-repo/rows.ts';
import type { Score } from '../../../registry-repo/scoring/score.ts';
import { SLICES } from '../../../registry-repo/slices.ts';
import { denseCounts } from '../../../registry-repo/stored-counts.ts';
import { Elsewhere } from '../../support/elsewhere.ts';
import { rowsFor } from '../../support/models.ts';
import { root } from '../../support/paths.ts';
import { Killed, World } from '../../support/promotions.ts';
import { candidateOf, type Files, MODEL, modelPolicy, scoreHere, TIME } from '../../support/registry.ts';
import { rejects } from '../../support/rejects.ts';

// Every way in which a promotion or a rollback can be refused or end in an error, each followed by an audit that finds nothing
// and a reconcile that has nothing to do. The codes are read from the code: one without a row here fails.

/** Takes a promotion to its end. */
type Way = () => Promise<{ world: World; ended: Promotion }>;

type Setting = {
  readonly policy?: (policy: Policy) => void;
  /** Whether a good model of skill 9 is in production before. */
  readonly baseline?: boolean;
  readonly skill?: number;
  readonly over?: Parameters<World['candidate']>[1];
  readonly score?: Score;
  readonly trainingRows?: readonly Row[];
};

const rules = (change: Partial<Policy['models'][string]>) => (policy: Policy) => {
  policy.models[MODEL] = modelPolicy(change);
};

const judgeOf = (world: World, over: Partial<Parameters<typeof runGate>[0]>): Judge => {
  const { git, artifacts, key, folder: scratch } = world.registry;
  const base = { git, artifacts, key, scratch, score: scoreHere, now: () => TIME, pawl: '0.0.0-test' };
  return (question) => runGate({ ...base, ...question, ...over });
};

async function proposed(world: World, skill: number, { over = {}, trainingRows }: Setting = {}): Promise<string> {
  const { manifest, files } = candidateOf(skill, { over, ...(trainingRows && { trainingRows }) });
  for (const bytes of files.values()) await world.registry.artifacts.put(bytes);
  const digest = await world.registry.artifacts.put(Buffer.from(printFile(manifest)));
  const { proposal } = await world.ports().process.propose(digest, null);
  assert.ok(proposal.kind === 'new');
  return proposal.fact.data.promotionId;
}

/** Ended by what was measured, or by what keeps it from being measured: with evidence. */
const measured =
  ({ policy, baseline = false, skill = 9, score = scoreHere, ...candidate }: Setting): Way =>
  async () => {
    const world = await World.create();
    if (baseline) await world.promote(9);
    if (policy) await configured(world, policy);
    const id = await proposed(world, skill, candidate);
    const ports = world.ports({ judge: judgeOf(world, { score }) });
    return { world, ended: await ports.process.finish(MODEL, id) };
  };

/** A change of rules as people make it, recorded. */
async function configured(world: World, change: (policy: Policy) => void): Promise<void> {
  const policy = structuredClone(world.registry.policy);
  change(policy);
  world.registry.policy = policy;
  await recordConfigured(world.ports(), await world.registry.pushToMain({ 'gate.json': policy }, 'policy'), 'a test');
}

/** Ended before anything was measured, as failures or as errors: the gate's own answer around what it is said to have found. */
const stopped =
  (kind: typeof failed, codes: readonly string[]): Way =>
  async () => {
    const world = await World.create();
    const id = await proposed(world, 9);
    const measure = () => Promise.reject(new Stop(codes.map((code) => kind(code, 'a reason'))));
    return { world, ended: await world.ports({ judge: judgeOf(world, { measure }) }).process.finish(MODEL, id) };
  };

const scored = (change: (m: Extract<Awaited<ReturnType<Score>>, { kind: 'scored' }>['measured']) => object): Score => {
  return async (task) => {
    const outcome = await scoreHere(task);
    return outcome.kind === 'scored'
      ? { ...outcome, measured: { ...outcome.measured, ...change(outcome.measured) } }
      : outcome;
  };
};

/** Opened, and then something happens to its pull request before it is judged. */
const meddled =
  (meddle: (world: World, pull: { number: number; branch: string; head: string }) => Promise<unknown>): Way =>
  async () => {
    const world = await World.create();
    await world.promote(9);
    const id = await proposed(world, 10);
    let done = false;
    const real = judgeOf(world, {});
    const judge: Judge = async (question) => {
      if (!done) {
        done = true;
        const pull = await world.forge().pullRequest(question.pullRequest);
        await meddle(world, pull);
        return real({ ...question, head: (await world.forge().pullRequest(question.pullRequest)).head });
      }
      return real(question);
    };
    return { world, ended: await world.ports({ judge }).process.finish(MODEL, id) };
  };

/** Files of the commit that another commit puts in place of the proposed one. */
const pushed = (files: (world: World, promotion: string) => Promise<Files>): Way =>
  meddled(async (world, { branch, head }) => {
    const base = await world.registry.main();
    const proposal = await (await world.registry.at(head)).production(MODEL);
    const commit = await world.registry.commit(base, await files(world, proposal?.value.promotion as string));
    await world.forge().pushBranch(branch, commit, head);
  });

/** Another candidate under the same number. */
const another = async (world: World, over: Partial<Production>): Promise<Files> =>
  world.registry.filesFor(candidateOf(10, { over: { createdAt: '2026-01-04T00:00:00.000Z' } }), {
    version: 2,
    base: await world.registry.main(),
    over,
  });

/** Where a promotion's pull request is once it has been judged. */
const finishedHead = async (world: World, id: string) =>
  (await world.ports().process.finish(MODEL, id)).pullRequest?.head;

const productionOf = async (world: World) => (await (await world.registry.at()).production(MODEL))?.value;

const rollback =
  (between: (world: World) => Promise<unknown>, reason = 'complaints'): Way =>
  async () => {
    const world = await World.create();
    await world.promote(9);
    await world.promote(10);
    await between(world);
    const { process } = world.ports();
    const proposal = await process.rollBack(MODEL, 1, reason);
    assert.ok(proposal.kind === 'new');
    return { world, ended: await process.finish(MODEL, proposal.fact.data.promotionId) };
  };

/** A workflow that refuses without a verdict says so in a status alone. */
const elsewhere =
  (state: 'failure' | 'error'): Way =>
  async () => {
    const world = await World.create();
    const played = new Elsewhere(world);
    const { process } = played.ports();
    const { proposal } = await process.propose(await world.candidate(9), null);
    assert.ok(proposal.kind === 'new');
    const id = proposal.fact.data.promotionId;
    await process.finish(MODEL, id);
    const head = played.requests[0]?.head as string;
    await world.forge().setStatus(head, { context: 'pawl/gate', state, description: 'version 1 is revoked' });
    return { world, ended: await process.finish(MODEL, id) };
  };

/** The manifest of what is version 1 here. */
const FIRST = digestOf(printFile(candidateOf(9).manifest));

const floors = { short: 0.99 };
/** All rows are short ones. */
const allShort = scored(({ candidate: counts }) => {
  const candidate = denseCounts(counts);
  const none = candidate.map((row) => row.map(() => 0));
  const rows = candidate.flat().reduce((a, b) => a + b, 0);
  const [short, ...others] = SLICES;
  return {
    slices: [
      { name: short, upTo: 100, rows, candidate, baseline: null },
      ...others.map((name, i) => ({ name, upTo: i === 0 ? 100 : null, rows: 0, candidate: none, baseline: null })),
    ],
  };
});
/** What it gets wrong is told as trained on. */
const ownErrors = rowsFor().filter(({ text }) => /good[789]$/.test(text));
const long = { candidate: 9, baseline: 2, texts: 32, repetitions: 9 };
const WAYS: Readonly<Record<string, Way>> = {
  'f1-below-minimum': measured({ skill: 7 }),
  'f1-below-baseline': measured({ baseline: true, skill: 8 }),
  'no-better-than-chance': measured({ skill: 5, policy: rules({ minimum: 0 }) }),
  'labels-differ': measured({ over: { labels: ['pos', 'neg'] } }),
  'model-too-large': measured({ policy: rules({ modelBytes: 10 }) }),
  'too-few-rows': measured({ policy: (p) => Object.assign(p.limits, { minimumRows: 1000 }) }),
  'too-few-rows-of-label': measured({ policy: (p) => Object.assign(p.limits, { minimumRowsPerLabel: 1000 }) }),
  'label-below-floor': measured({ policy: rules({ labelFloors: { pos: 0.99 } }) }),
  'floor-of-unknown-label': measured({ policy: rules({ labelFloors: { other: 0.5 } }) }),
  'f1-too-low-on-all-rows': measured({
    skill: 7,
    policy: (p) => Object.assign(p.leakage, { rows: ownErrors.length }),
    trainingRows: [...rowsFor('training'), ...ownErrors],
  }),
  'slice-below-floor': measured({ policy: rules({ sliceFloors: floors }), score: allShort }),
  'slice-not-measured': measured({
    policy: rules({ sliceFloors: floors }),
    score: scored(() => ({ slices: undefined })),
  }),
  'not-significant': measured({
    baseline: true,
    skill: 10,
    policy: rules({ significance: { test: 'mcnemar', alpha: 0.0001 } }),
  }),
  'golden-answers-differ': measured({ score: scored(() => ({ goldenDifference: 1 })) }),
  'size-over-budget': measured({ baseline: true, skill: 10, policy: rules({ budget: { sizeRatio: 0.01 } }) }),
  'latency-over-budget': measured({
    baseline: true,
    skill: 10,
    policy: rules({ budget: { latencyRatio: 2 } }),
    score: scored(() => ({ latency: long })),
  }),
  'latency-not-measured': measured({
    baseline: true,
    skill: 10,
    policy: rules({ budget: { latencyRatio: 2 } }),
    score: (task) => scoreHere({ ...task, latency: false }),
  }),
  'malformed-counts': measured({
    score: scored(() => ({
      candidate: [
        [1, 1],
        [1, 1],
      ],
    })),
  }),
  'malformed-evidence': measured({ score: scored(() => ({ goldenDifference: -1 })) }),
  'model-refused': measured({
    score: async () => ({
      kind: 'refused',
      which: 'candidate',
      findings: [failed('model-refused', 'no')],
      versions: { onnxruntime: 'x', node: 'x' },
    }),
  }),
  'gate-fault': measured({ score: () => Promise.reject(new Error('boom')) }),
  revoked: rollback((world) => configured(world, (p) => void p.revoked.push(FIRST))),
  'never-in-production': rollback(async (world) => {
    await world.promote(10, { createdAt: '2026-01-05T00:00:00.000Z' });
    await configured(world, (p) => Object.assign(p.rollback, { last: 1 }));
  }),
  'other-path': pushed(async () => ({ 'odd.txt': 'x' })),
  'policy-changed': pushed(async (world) => ({
    'gate.json': { ...world.registry.policy, revoked: [], rollback: { last: 9 } },
    [`models/${MODEL}/production.json`]: { ...(await productionOf(world)), version: 7 },
  })),
  'config-change': pushed(async () => ({ 'README.md': 'x' })),
  'candidate-changed': pushed((world) => another(world, {})),
  'wrong-previous': pushed((world, promotion) => another(world, { previous: null, promotion })),
  'leaked-rows': measured({ trainingRows: rowsFor() }),
  'training-rows-unknown': measured({
    over: { files: candidateOf(9).manifest.files.filter((f) => f.path === 'model.onnx') },
  }),
  superseded: async () => {
    const world = await World.create((policy) => Object.assign(policy, { merge: 'after-approval' }));
    const id = await proposed(world, 9);
    const { process } = world.ports();
    assert.is((await process.finish(MODEL, id)).status, 'open');
    const newer = await proposed(world, 10);
    await process.endSuperseded(MODEL, newer);
    await world.ports().forge.approve(2, (await finishedHead(world, newer)) as string);
    return { world, ended: await process.finish(MODEL, id) };
  },
  'merge-not-allowed': async () => {
    const world = await World.create();
    const id = await proposed(world, 9);
    const forge = world.forge();
    forge.merge = () => Promise.reject(new MergeRefusedError('not-allowed', 'the rules of the forge forbid it'));
    return { world, ended: await world.ports({ forge }).process.finish(MODEL, id) };
  },
  'pull-request-closed': async () => {
    const world = await World.create();
    const id = await proposed(world, 9);
    const forge = world.forge();
    const setStatus = forge.setStatus.bind(forge);
    forge.setStatus = async (commit, status) => {
      await setStatus(commit, status);
      if (status.state === 'pending') await forge.closePullRequest(1);
    };
    return { world, ended: await world.ports({ forge }).process.finish(MODEL, id) };
  },
  /** A person presses the forge's own button before it is judged, and the gate refuses it; a rollback leads out. */
  'merged-by-hand': async () => {
    const world = await World.create();
    await world.promote(9);
    const id = await proposed(world, 5);
    const forge = world.forge();
    const [setStatus, pullRequest] = [forge.setStatus.bind(forge), forge.pullRequest.bind(forge)];
    let mergeCommit: string | null = null;
    forge.pullRequest = async (number) => {
      const pull = await pullRequest(number);
      return number === 2 && mergeCommit !== null ? { ...pull, state: 'merged', mergeCommit } : pull;
    };
    forge.setStatus = async (commit, status) => {
      await setStatus(commit, status);
      const { git } = world.registry;
      const from = await world.registry.main();
      mergeCommit = await git.writeCommit({
        tree: (await git.commit(commit)).tree,
        parents: [from, commit],
        message: 'Merge pull request #2',
        by: { name: 'somebody', email: 'somebody@example.org' },
        time: TIME,
      });
      await git.updateRefs([{ ref: 'refs/heads/main', to: mergeCommit, from }]);
      throw new Killed();
    };
    await rejects(world.ports({ forge }).process.finish(MODEL, id), Killed);
    forge.setStatus = setStatus;
    const ended = await world.ports({ forge }).process.finish(MODEL, id);
    await world.reconcile();
    const { process } = world.ports();
    const back = await process.rollBack(MODEL, null, 'merged by hand');
    assert.ok(back.kind === 'new');
    assert.is((await process.finish(MODEL, back.fact.data.promotionId)).status, 'merged');
    assert.is((await productionOf(world))?.version, 1);
    return { world, ended };
  },
  'gate-refused': elsewhere('failure'),
  'gate-error': elsewhere('error'),
};

/**
 * Codes with which the gate stops before anything is measured, and `judged-too-often`, which takes a hundred judgements. They are
 * taken through the gate as failures and as errors: there is no third way for it to end.
 */
const STOPS = `
already-in-production ambiguous-path answers-depend-on-neighbours artifact-corrupt artifact-missing artifact-store-unavailable artifact-too-large
bad-name base-manifest-differs baseline-not-comparable baseline-refused baseline-unverified config-changed
crafted-tree device-configuration evaluation-changed evaluation-contradicts evaluation-differs evaluation-void executable external-data
file-differs file-missing file-too-large files-too-large forbidden-mode gate-unfit git-failed git-file git-folder-refused git-unusable history integer-division ir-version
judged-too-often key-not-trusted made-up-tensor main-moved-back malformed-file malformed-key malformed-rows manifest-differs model-failed model-unloadable network-setting no-change
no-graph no-manifest no-merge-facts no-policy no-production no-reason no-such-commit no-such-version not-evaluated
not-measured nothing-in-production nothing-to-roll-back operator operator-domain opset-version other-evaluation other-registry
production-removed ref-locked ref-moved registry-drifted repeated-field repeated-path reserved-file score-crashed score-garbage
processor-lacks-vnni score-engine score-killed score-memory score-not-started score-stopped score-timeout second-model second-version signature size-differs size-not-compared
settled-unreadable settled-unwritable slice-empty stale-baseline string-tensor submodule symlink target-unverified tensor-data tensor-name tensor-segment
tensor-shape tensor-type too-few-rows-left too-large-for-tree too-many-files too-many-nodes too-many-operands training-info
training-rows-differ type-attribute unlisted-file unparseable verdict-invalid verdict-missing version-changed
version-differs version-revoked version-taken workflow-changed worker-hung worker-lost
`
  .trim()
  .split(/\s+/);

const FINDING = /\b(?:failed|errored|found|crashed|abandoned|fail|stop)\(\s*'([a-z0-9-]+)'/g;
const REASON = /\bcode: '([a-z-]+)'/g;
const TABLE = /(?:, |: \[|\?\? \[|\? \[|\[)'([a-z]+(?:-[a-z]+)+|symlink|submodule|executable)'(?:\]|, [`'])/g;
const ERROR = /readonly code = '([a-z_]+)'/g;
const PLACES: readonly (readonly [folder: string, patterns: readonly RegExp[]])[] = [
  ['registry-repo', [ERROR]],
  ['registry-repo/gate', [FINDING, REASON, TABLE]],
  ['registry-repo/judge', [FINDING, /'(malformed-[a-z]+)'/g]],
  ['registry-repo/scoring', [FINDING]],
  ['registry-repo/onnx-scan', [FINDING, TABLE]],
  ['pipeline/promotion', [FINDING, REASON, /'(gate-[a-z]+)'/g]],
];

/** Every code of a refusal or an error that the code can give. */
function codesInCode(): string[] {
  const found = new Set<string>();
  for (const [folder, patterns] of PLACES)
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const text = readFileSync(join(root, folder, name), 'utf8');
      for (const pattern of patterns)
        for (const [, code] of text.matchAll(pattern)) found.add((code as string).replaceAll('_', '-'));
    }
  return [...found].filter((code) => !CAUSES.includes(code)).sort();
}

/** Why a promotion was rejected, which is no code of a reason. */
const CAUSES = ['gate-failed'];

/** What must hold afterwards, whatever ended it. */
async function checkEnding(way: Way, codes: readonly string[]): Promise<void> {
  const { world, ended } = await way();
  const given = [...(ended.rejection?.reasons ?? []), ...(ended.judged?.reasons ?? [])].map((r) => r.code);
  const unjudged = ended.judged !== null && couldNotJudge(ended.judged);
  assert.is(ended.status, unjudged ? 'open' : 'rejected', `${codes}: ${given}`);
  for (const code of codes) assert.ok(given.includes(code), `${code} is not among ${given}`);
  await world.reconcile();
  const { interrupted, finished, leased, diverged } = await world.reconcile();
  assert.equal([interrupted, leased, diverged], [[], [], []]);
  // What could not be judged waits until somebody has mended the cause, and then goes on.
  for (const { id, status, judged } of finished)
    assert.equal([id, status, unjudged && judged !== null && couldNotJudge(judged)], [ended.id, 'open', true]);
  const { git, artifacts, policy } = world.registry;
  const report = await audit(
    {
      store: world.store,
      views: null,
      artifacts,
      registry: { git, tip: await world.registry.main() },
      trusted: [...policy.keys, world.logKey],
      now: TIME,
      artifactsApart: false,
      progress: () => {},
    },
    [],
  );
  const told = report.findings.map((f) => `${f.severity}: ${f.code}`);
  const history = codes.includes('merged-by-hand') ? ['warning: unexplained-commit'] : []; // nothing of it is left
  assert.equal(told, history, printText(report));
}

const endings = suite('every ending');

endings('every code of a refusal or an error has a row here, and every row has its code', () => {
  assert.equal(codesInCode(), [...Object.keys(WAYS), ...STOPS].sort());
});

for (const [code, way] of Object.entries(WAYS))
  endings(`${code}: the audit is clean, and nothing is left to do`, () => checkEnding(way, [code]));

endings('whatever stops the gate before it has measured: the audit is clean, and nothing is left to do', async () => {
  const half = STOPS.length / 2;
  for (const codes of [STOPS.slice(0, half), STOPS.slice(half)])
    for (const kind of [failed, errored]) await checkEnding(stopped(kind, codes), codes);
});

endings.run();
