import type { RecordedEvent } from '../../events/envelope.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import type { Git } from '../../registry-repo/git.ts';
import { type Key, POLICY_PATH } from '../../registry-repo/policy.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { stands } from '../../registry-repo/verdict/keys.ts';
import { type Anchored, anchoredAt, openedWith, proofOf } from '../past/anchored.ts';
import { type CheckResult, type Finding, sayFor } from './findings.ts';
import type { AuditSubject, ReadLog } from './subject.ts';

const CHECK = 'checkpoints';
const say = sayFor(CHECK);

/**
 * Every checkpoint on main. They show a log that was cut off or written again, which the log's own chain cannot.
 */
export const anchoredCheckpoints = async ({ registry }: AuditSubject): Promise<Anchored[]> =>
  registry ? anchoredAt(new RegistryAt(registry.git, registry.tip)) : [];

/** The size that a note claims, whoever signed it. */
export const claimedSize = ({ note }: Anchored): number => Number(note.split('\n')[1]);

/** Checks that every checkpoint on main fits the log, and that a key which stood then has signed it. */
export async function checkCheckpoints(
  { registry, trusted }: AuditSubject,
  log: ReadLog,
  anchored: readonly Anchored[],
): Promise<CheckResult> {
  const keys = trusted.filter((k) => k.role === 'log');
  const findings: Finding[] = [];
  for (const a of anchored) findings.push(...checkOne(a, keys, log), ...(await checkOrder(registry, a, keys)));
  const recorded = new Set(log.events.flatMap(pathOf));
  for (const { path } of anchored)
    if (!recorded.has(path))
      findings.push(
        say('warning', 'checkpoint-unrecorded', path, 'the log does not mention it yet: `pawl reconcile` records it'),
      );
  return { check: CHECK, looked: `${anchored.length} signed checkpoints on main against the log`, findings };
}

const pathOf = (e: RecordedEvent): string[] =>
  e.type === 'LogCheckpointed' ? [e.data.path] : e.type === 'LogRestored' ? e.data.lost.map(({ path }) => path) : [];

function checkOne(anchored: Anchored, keys: readonly Key[], log: ReadLog): Finding[] {
  const { path } = anchored;
  const proof = proofOf(anchored, keys);
  if (!proof) return [say('error', 'checkpoint-untrusted', path, 'no trusted log key has signed it')];
  const { size, root } = proof;
  if (size <= log.size && log.roots.get(size) === root.toString('hex')) return [];
  const restored = log.events.find((e) => e.type === 'LogRestored' && e.data.lost.some((lost) => lost.path === path));
  if (restored?.type === 'LogRestored') {
    const what = `the log lost events of the ${size} that were signed here, went on from ${restored.data.size}, and took up what main proves`;
    return [say('warning', 'log-restored', path, what, restored.time)];
  }
  return size > log.size
    ? [say('error', 'log-truncated', path, `the log had ${size} events when this was signed, and has ${log.size} now`)]
    : [say('error', 'log-rewritten', path, `the first ${size} events are not those that were signed for`)];
}

/**
 * A checkpoint names no time. One that came to main after the commit that ends its key proves nothing; one that came
 * before does.
 */
async function checkOrder(
  registry: AuditSubject['registry'],
  anchored: Anchored,
  keys: readonly Key[],
): Promise<Finding[]> {
  const signers = keys.filter((key) => openedWith(key, anchored));
  if (!registry || signers.length === 0) return [];
  const { git, tip } = registry;
  const { path } = anchored;
  try {
    const added = (await git.firstParents(tip, { path })).at(-1);
    const before = added?.parents[0];
    if (!added || before === undefined) return [];
    const { registry: here } = (await new RegistryAt(git, before).policy()).value;
    for (const key of signers) {
      const told = openedWith(key, anchored)?.registry;
      if (told === here?.id && (await isFor(git, key, told, added.oid))) continue;
      const wanted = key.registry?.id ?? here?.id ?? 'none by name';
      const message = `it was signed for the registry ${told ?? 'none by name'}, and counts here for ${wanted}`;
      return [say('error', 'checkpoint-other-registry', path, message)];
    }
    if (await someNotEnded(git, before, signers)) return [];
    const names = signers.map(({ id }) => id).join(', ');
    return [
      say('error', 'checkpoint-key-ended', path, `commit ${added.oid} added it after gate.json had ended ${names}`),
    ];
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return [say('error', error.code, path, error.message)];
  }
}

/**
 * Whether a key is trusted for a registry. For a registry without an id, only up to the commit at which the key's
 * registry got its id.
 */
const isFor = async (git: Git, { registry }: Key, told: string | undefined, added: ObjectId): Promise<boolean> =>
  !registry ||
  told === registry.id ||
  (told === undefined && registry.after !== null && (await git.isOnLine(added, registry.after)));

/** Rules need not name a log's key. Rules that named one and no longer do, or give it an end, have ended it. */
async function someNotEnded(git: Git, before: ObjectId, keys: readonly Key[]): Promise<boolean> {
  const [latest, ...earlier] = await git.firstParents(before, { path: POLICY_PATH });
  const rulesAt = async (commit: ObjectId) => (await new RegistryAt(git, commit).policy()).value;
  if (!latest) return true;
  const rules = await rulesAt(latest.oid);
  if (keys.some((key) => stands(rules, key))) return true;
  const named = new Set(rules.keys.map(({ id }) => id));
  for (const { oid } of earlier) for (const { id } of (await rulesAt(oid)).keys) named.add(id);
  return keys.some(({ id }) => !named.has(id));
}
