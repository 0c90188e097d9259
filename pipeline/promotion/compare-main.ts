import type { EventData, Fact } from '../../events/catalogue.ts';
import { decode } from '../../events/decode.ts';
import type { RecordedEvent } from '../../events/envelope.ts';
import { wholeStream } from '../../events/store.ts';
import { registryStream } from '../../events/streams.ts';
import { promotions } from '../../projections/promotions.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { Verdict } from '../../registry-repo/verdict/verdict.ts';
import { type MainCommit, mainHistory } from '../../registry-repo/verify/history.ts';
import { handle } from '../record.ts';
import type { ReconcilePorts } from './ports.ts';
import { recordMerge } from './record-merge.ts';
import { readModel } from './state.ts';

type Divergence = EventData<'RegistryDriftDetected'>;

/**
 * Compares main with the log: every commit must be one that the log knows. Only commits after the last known one are
 * read.
 *
 * @param adopt whether a verified merge of a promotion that the log does not know is recorded, and is no divergence
 */
export async function compareMain(ports: ReconcilePorts, adopt: boolean): Promise<Divergence[]> {
  const { forge, trusted, clock } = ports;
  const tip = await forge.sync();
  const known = await knownCommits(ports);
  const last = known.at(-1) ?? null;
  const continues = last !== null && (await forge.git.isAncestor(last, tip).catch(() => false));
  const diverged: (Divergence | null)[] = [];
  if (last !== null && !continues) {
    const detail = `main is at ${tip}, which does not follow from ${last}, the last commit recorded`;
    diverged.push(
      await recordDivergence(ports, { commit: tip, lastExplained: last, kind: 'history-rewritten', detail }),
    );
  }
  let lastExplained = last;
  const request = { git: forge.git, tip, keys: trusted, now: clock(), ...(continues ? { after: last } : {}) };
  for await (const commit of mainHistory(request)) {
    if (known.includes(commit.commit)) continue;
    diverged.push(await explain(ports, commit, { lastExplained, adopt }));
    if (commit.kind !== 'unexplained') lastExplained = commit.commit;
  }
  return diverged.filter((d) => d !== null);
}

/** Commits on main that the log knows, in its order. */
async function knownCommits({ store, views }: ReconcilePorts): Promise<string[]> {
  const merges = [...(await views()).rows(promotions)].flatMap((p) => (p.merge ? [p.merge] : []));
  const rules = (await wholeStream(store, registryStream))
    .map(decode)
    .flatMap((e) => commitOf(e).map((commit) => ({ commit, position: e.position })));
  return [...rules, ...merges].sort((a, b) => a.position - b.position).map((c) => c.commit);
}

const commitOf = (e: RecordedEvent): string[] =>
  e.type === 'RegistryInitialized' || e.type === 'RegistryConfigured' || e.type === 'RegistryDriftDetected'
    ? [e.data.commit]
    : [];

/**
 * Explains a commit that the log does not know yet: a change of rules that people merged is recorded; anything else is
 * a divergence.
 */
async function explain(
  ports: ReconcilePorts,
  commit: MainCommit,
  { lastExplained, adopt }: { lastExplained: string | null; adopt: boolean },
): Promise<Divergence | null> {
  const oid = commit.commit;
  if (commit.kind === 'unexplained')
    return recordDivergence(ports, {
      commit: oid,
      lastExplained,
      kind: 'unexplained-commit',
      detail: `${commit.code}: ${commit.detail}`.slice(0, 2000),
    });
  if (commit.kind === 'config') {
    const pull = (await ports.forge.pullRequests({ state: 'merged' })).find((p) => p.mergeCommit === oid);
    if (pull) {
      await recordConfigured(ports, oid, pull.title);
      return null;
    }
    return recordDivergence(ports, {
      commit: oid,
      lastExplained,
      kind: 'unexplained-commit',
      detail: 'the rules were changed without a pull request',
    });
  }
  if ('merge' in commit && (await isBeingRecorded(ports, oid, commit.merge.verdict))) return null;
  if (adopt && 'merge' in commit && (await recordMerge(ports, oid, commit.merge))) return null;
  return recordDivergence(ports, {
    commit: oid,
    lastExplained,
    kind: 'unrecorded-commit',
    detail: `a ${commit.kind} that this log knows nothing of`,
  });
}

/**
 * Whether the log knows the promotion of a commit, and either has the commit by now or has not ended the promotion yet.
 * In the second case another process has merged it and is about to record that. If that process dies, the promotion
 * stays open, and the next reconciliation records its merge.
 */
async function isBeingRecorded(ports: ReconcilePorts, oid: string, { model, promotion }: Verdict): Promise<boolean> {
  const known = (await readModel(ports.store, model)).promotions.get(promotion);
  return known?.status === 'open' || known?.merge?.commit === oid;
}

/** Records a change of the registry's rules that is on main. */
export async function recordConfigured(
  ports: Pick<ReconcilePorts, 'forge' | 'store' | 'clock' | 'command'>,
  commit: string,
  reason: string,
): Promise<void> {
  const { git } = ports.forge;
  const { tree, parents } = await git.commit(commit);
  const [base = ''] = parents;
  const policy = (await new RegistryAt(git, commit).policy()).digest;
  const paths = (await git.changes(base, commit)).map((c) => c.path);
  const fact: Fact = { type: 'RegistryConfigured', data: { commit, tree, base, policy, paths, reason } };
  await handle(ports, registryStream, (events) =>
    events.some((e) => commitOf(e).includes(commit)) ? null : { commandId: `configured:${commit}`, facts: [fact] },
  );
}

async function recordDivergence(ports: ReconcilePorts, data: Divergence): Promise<Divergence | null> {
  const added = await handle(ports, registryStream, (events) =>
    events.some((e) => e.type === 'RegistryDriftDetected' && e.data.commit === data.commit && e.data.kind === data.kind)
      ? null
      : { commandId: `drift:${data.kind}:${data.commit}`, facts: [{ type: 'RegistryDriftDetected', data }] },
  );
  return added.length > 0 ? data : null;
}
