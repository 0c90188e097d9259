import type { RecordedEvent } from '../../events/envelope.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import { versionFolder } from '../../registry-repo/manifest.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { type MainCommit, mainHistory } from '../../registry-repo/verify/history.ts';
import { verifyProduction } from '../../registry-repo/verify/production.ts';
import { type CheckResult, type Finding, sayFor } from './findings.ts';
import { Leftovers } from './leftovers.ts';
import { type AuditSubject, eventName, type ReadLog } from './subject.ts';

const CHECK = 'registry';
const say = sayFor(CHECK);

type Recorded = Extract<
  RecordedEvent,
  { type: 'RegistryInitialized' | 'RegistryConfigured' | 'PromotionMerged' | 'ProductionRolledBack' }
>;

/** Which event explains a commit of each kind. */
const EXPLAINS: Readonly<Record<MainCommit['kind'], Recorded['type'] | null>> = {
  init: 'RegistryInitialized',
  config: 'RegistryConfigured',
  promotion: 'PromotionMerged',
  rollback: 'ProductionRolledBack',
  unexplained: null,
};

/**
 * Compares two histories of the same thing: every commit on main has exactly one event, and every such event its
 * commit.
 */
export async function checkRegistry(
  { registry, unread, trusted, now }: AuditSubject,
  log: ReadLog,
): Promise<CheckResult> {
  const recorded = log.events.filter(isRecorded);
  if (!registry && unread !== undefined && recorded.length > 0) {
    const findings = [say('error', 'registry-unreadable', 'main', unread)];
    return { check: CHECK, looked: 'main cannot be read', findings };
  }
  if (!registry) {
    const findings = recorded.map((e) =>
      say('error', 'commit-missing', eventName(e), `names commit ${e.data.commit}, but there is no registry`, e.time),
    );
    return { check: CHECK, looked: 'no registry', findings };
  }
  const { git, tip } = registry;
  const byCommit = groupByCommit(recorded);
  const drifted = new Set(log.events.flatMap((e) => (e.type === 'RegistryDriftDetected' ? [e.data.commit] : [])));
  const leftovers = new Leftovers(git);
  const compared: { commit: MainCommit; findings: readonly Finding[] }[] = [];
  for await (const commit of mainHistory({ git, tip, keys: trusted, now })) {
    const found = compare(commit, byCommit.get(commit.commit) ?? []);
    compared.push({ commit, findings: found });
    byCommit.delete(commit.commit);
    await leftovers.next(commit, !found.some(isUnaccounted));
  }
  const served = await servedFolders(new RegistryAt(git, tip));
  const findings = compared.flatMap(({ commit: { commit }, findings: found }) =>
    found.map((f) => (isUnaccounted(f) && drifted.has(commit) ? withLeftovers(f, leftovers.of(commit, served)) : f)),
  );
  for (const [commit, events] of byCommit)
    for (const e of events)
      findings.push(
        say('error', 'commit-missing', eventName(e), `names commit ${commit}, which is not on main`, e.time),
      );
  findings.push(...(await checkProduction(registry, trusted, now)));
  return {
    check: CHECK,
    looked: `${compared.length} commits on main against ${recorded.length} events, both ways`,
    findings,
  };
}

const isUnaccounted = ({ code }: Finding): boolean => code === 'unexplained-commit' || code === 'event-missing';

/** What the log has recorded as found is history once nothing of it is left: a person may look at it. */
const withLeftovers = (finding: Finding, left: readonly string[]): Finding =>
  left.length === 0
    ? { ...finding, severity: 'warning', message: `${finding.message}. Nothing of it is left on main` }
    : { ...finding, message: `${finding.message}. On main it still decides ${left.slice(0, 5).join(', ')}` };

async function servedFolders(main: RegistryAt): Promise<Set<string>> {
  const folders = new Set<string>();
  for (const model of await main.models())
    try {
      const production = await main.production(model);
      if (production) folders.add(versionFolder(model, production.value.version));
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error; // told by the check of production
    }
  return folders;
}

const isRecorded = (e: RecordedEvent): e is Recorded =>
  e.type === 'RegistryInitialized' ||
  e.type === 'RegistryConfigured' ||
  e.type === 'PromotionMerged' ||
  e.type === 'ProductionRolledBack';

function groupByCommit(events: readonly Recorded[]): Map<string, Recorded[]> {
  const groups = new Map<string, Recorded[]>();
  for (const e of events) groups.set(e.data.commit, [...(groups.get(e.data.commit) ?? []), e]);
  return groups;
}

function compare(commit: MainCommit, events: readonly Recorded[]): Finding[] {
  const subject = `commit ${commit.commit}`;
  if (commit.kind === 'unexplained')
    return [say('error', 'unexplained-commit', subject, `"${commit.title}": ${commit.code}: ${commit.detail}`)];
  const [event, ...more] = events.filter((e) => e.type === EXPLAINS[commit.kind]);
  if (!event)
    return [say('error', 'event-missing', subject, `"${commit.title}" is a ${commit.kind} that no event records`)];
  const findings = more.map((e) =>
    say('error', 'event-repeated', eventName(e), `records commit ${commit.commit} a second time`, e.time),
  );
  const wrong = 'merge' in commit && 'verdict' in event.data && event.data.verdict !== commit.merge.verdictDigest;
  if (wrong)
    findings.push(
      say(
        'error',
        'verdict-differs',
        eventName(event),
        `names another verdict than commit ${commit.commit}`,
        event.time,
      ),
    );
  return findings;
}

async function checkProduction(
  registry: NonNullable<AuditSubject['registry']>,
  keys: AuditSubject['trusted'],
  now: Date,
): Promise<Finding[]> {
  const { git, tip } = registry;
  const findings: Finding[] = [];
  for (const model of await new RegistryAt(git, tip).models()) {
    try {
      await verifyProduction({ git, tip, model, keys, now });
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      findings.push(say('error', error.code, `models/${model}/production.json`, error.message));
    }
  }
  return findings;
}
