import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StoredEvent } from '../../../events/envelope.ts';
import { MemoryStore } from '../../../events/store.memory.ts';
import type { EventStore } from '../../../events/store.ts';
import { audit } from '../../../pipeline/audit/audit.ts';
import { printMarkdown, printText } from '../../../pipeline/audit/print.ts';
import type { AuditSubject } from '../../../pipeline/audit/subject.ts';
import { baseline } from '../../../projections/baseline.ts';
import { Engine } from '../../../projections/engine.ts';
import { MemoryViews } from '../../../projections/views.memory.ts';
import { World } from '../../support/promotions.ts';
import { TIME } from '../../support/registry.ts';

const projections = [baseline];

/** A history with a promotion, a refusal, another promotion and a rollback, reconciled. */
async function told(): Promise<World> {
  const world = await World.create();
  await world.promote(9);
  await world.promote(8);
  await world.promote(10);
  const { process } = world.ports();
  const proposal = await process.rollBack('sentiment', null, 'complaints');
  if (proposal.kind === 'new') await process.finish('sentiment', proposal.fact.data.promotionId);
  await world.reconcile();
  return world;
}

let once: Promise<World> | undefined;
/** The same history for every test that leaves it as it is. */
function toldOnce(): Promise<World> {
  once ??= told();
  return once;
}

async function subjectOf(world: World, over: Partial<AuditSubject> = {}): Promise<AuditSubject> {
  const { git } = world.registry;
  const tip = await world.registry.main();
  const trusted = [...world.registry.policy.keys, world.logKey];
  return {
    store: world.store,
    views: null,
    artifacts: world.registry.artifacts,
    artifactsApart: false,
    registry: { git, tip },
    trusted,
    now: TIME,
    progress: () => {},
    ...over,
  };
}

/** A store that reads a log other than it was written. */
async function altered(world: World, alter: (log: StoredEvent[]) => StoredEvent[]): Promise<EventStore> {
  const log = alter(await world.store.readAll({ limit: 10_000 }));
  const read = async ({ after = 0, limit = 1000 } = {}) => log.slice(after, after + limit);
  return Object.assign(new MemoryStore(), { readAll: read, scanAll: read, position: async () => log.length });
}

const codes = (report: { findings: readonly { code: string }[] }) => [...new Set(report.findings.map((f) => f.code))];
const auditing = suite('audit');

auditing('passes what was told truly, and looked at all of it', async () => {
  const world = await toldOnce();
  const report = await audit(await subjectOf(world), projections);
  assert.equal(report.findings, [], printText(report));
  assert.ok(report.passed);
  assert.equal(
    report.checks.map((c) => c.check),
    ['log', 'checkpoints', 'views', 'repository', 'registry', 'verdicts', 'artifacts', 'servers'],
  );
  const registry = report.checks.find((c) => c.check === 'registry');
  assert.match(registry?.looked as string, '4 commits on main against 4 events');
});

auditing('names the event whose byte was changed, and since when', async () => {
  const world = await toldOnce();
  const store = await altered(world, (log) =>
    log.with(2, { ...(log[2] as StoredEvent), data: (log[2] as StoredEvent).data.replace('"head":"', '"head":"0') }),
  );
  const report = await audit(await subjectOf(world, { store }), projections);
  assert.not(report.passed);
  const finding = report.findings.find((f) => f.code === 'content-changed');
  assert.match(finding?.subject as string, 'event 3 (model-sentiment@1)');
  assert.is(finding?.since, TIME.toISOString());
});

auditing('attack 64: a log that was cut off is caught by the checkpoints on main', async () => {
  const world = await toldOnce();
  const store = await altered(world, (log) => log.slice(0, 4));
  const report = await audit(await subjectOf(world, { store }), projections);
  assert.ok(codes(report).includes('log-truncated'));
  assert.ok(codes(report).includes('event-missing'));
});

auditing('attack 64: a log written anew, with good hashes, is caught by the checkpoints on main', async () => {
  const world = await toldOnce();
  const other = await told(); // the same story, other bytes: its keys and ids differ
  const report = await audit(await subjectOf(world, { store: other.store }), projections);
  assert.ok(
    codes(report).includes('log-rewritten') || codes(report).includes('checkpoint-untrusted'),
    codes(report).join(),
  );
  assert.not(report.passed);
});

auditing('attack 21: a direct push to main is an unexplained commit', async () => {
  const world = await told();
  const commit = await world.registry.pushToMain({ 'models/sentiment/versions/1/model.onnx': 'another model' });
  const report = await audit(await subjectOf(world), projections);
  const finding = report.findings.find((f) => f.code === 'unexplained-commit');
  assert.is(finding?.subject, `commit ${commit}`);
});

auditing('an object that is gone is named, and every check is made all the same', async () => {
  const world = await told();
  const { git } = world.registry;
  const tree = await git.text(['rev-parse', 'refs/heads/main~1^{tree}']);
  rmSync(join(git.gitDir, 'objects', tree.slice(0, 2), tree.slice(2)));
  const report = await audit(await subjectOf(world), projections);
  assert.ok(codes(report).includes('repository-damaged'), codes(report).join());
  assert.ok(
    report.findings.some((f) => f.code === 'repository-damaged' && f.message.includes(tree)),
    printText(report),
  );
  assert.is(report.checks.length, 8);
});

auditing('a main that cannot be read is not a registry that was never made', async () => {
  const world = await toldOnce();
  const report = await audit(await subjectOf(world, { registry: null, unread: 'no main there' }), projections);
  const found = report.findings.filter((f) => f.check === 'registry');
  assert.equal(
    found.map(({ code, message }) => [code, message]),
    [['registry-unreadable', 'no main there']],
  );
});

auditing('a change of rules that nobody recorded is an event missing', async () => {
  const world = await told();
  await world.registry.changePolicy((policy) => {
    for (const rules of Object.values(policy.models)) rules.minimum = 0;
  });
  assert.ok(codes(await audit(await subjectOf(world), projections)).includes('event-missing'));
});

auditing('commits that are gone from main are missed', async () => {
  const world = await told();
  const { git } = world.registry;
  const tip = await git.text(['rev-parse', 'refs/heads/main~2']);
  const report = await audit(await subjectOf(world, { registry: { git, tip } }), projections);
  assert.is(report.findings.filter((f) => f.code === 'commit-missing').length, 2);
});

auditing('an artifact that is gone, or is not what it was, is named', async () => {
  const world = await told();
  const judged = (await world.log()).find((e) => e.type === 'GateJudged');
  const digest = judged?.type === 'GateJudged' ? (judged.data.verdict as string) : '';
  await world.registry.artifacts.remove(digest);
  const report = await audit(await subjectOf(world), projections);
  assert.ok(report.findings.some((f) => f.check === 'artifacts' && f.subject === digest));
  assert.ok(report.findings.some((f) => f.check === 'verdicts'));
  const apart = await audit(await subjectOf(world, { artifactsApart: true }), projections);
  assert.equal(
    apart.findings.map(({ severity, check, code }) => [severity, check, code]),
    ['verdicts', 'artifacts'].map((check) => ['warning', check, 'artifact_missing']),
    'another machine may have it',
  );
  assert.ok(apart.passed);
});

auditing('a verdict by a key that is not trusted counts for nothing', async () => {
  const world = await toldOnce();
  const stranger = await World.create();
  const report = await audit(
    await subjectOf(world, { trusted: [...stranger.registry.policy.keys, world.logKey] }),
    projections,
  );
  assert.ok(codes(report).includes('verdict_invalid'));
});

auditing('a view that is not what the log gives is found', async () => {
  const world = await toldOnce();
  const views = new MemoryViews();
  await new Engine(world.store, views, projections).catchUp();
  const id = views.generations('baseline')[0]?.id as number;
  views.put(id, 'sentiment', '{"model":"sentiment","version":99}');
  const report = await audit(await subjectOf(world, { views }), projections);
  assert.equal(codes(report), ['view-differs']);
});

auditing('prints for people and for pull requests', async () => {
  const world = await told();
  await world.registry.pushToMain({ 'models/sentiment/x | <img>': 'hostile path' });
  const report = await audit(await subjectOf(world), projections);
  assert.match(printText(report), 'audit FAILED');
  assert.match(printMarkdown(report), '# Audit failed');
  assert.not.match(printMarkdown(report), '<img>');
});

auditing.run();
