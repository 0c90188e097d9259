import { InvalidCheckpointError, openCheckpoint } from '../../events/checkpoint.ts';
import type { RecordedEvent } from '../../events/envelope.ts';
import { CHECKPOINT_FILE, versionFolder } from '../../registry-repo/manifest.ts';
import type { Key } from '../../registry-repo/policy.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { readPublicKey } from '../../registry-repo/verdict/keys.ts';
import { type CheckResult, type Finding, sayFor } from './findings.ts';
import type { AuditSubject, ReadLog } from './subject.ts';

const CHECK = 'checkpoints';
const say = sayFor(CHECK);

/** A signed word on the log, as it stands on main. */
export type Anchored = { readonly path: string; readonly note: string };

/** Every checkpoint on main: what catches a log that was cut off or written anew, which no chain inside it can. */
export async function anchoredCheckpoints({ registry }: AuditSubject): Promise<Anchored[]> {
  if (!registry) return [];
  const main = new RegistryAt(registry.git, registry.tip);
  const found: Anchored[] = [];
  for (const model of await main.models())
    for (const version of await main.versions(model)) {
      const path = `${versionFolder(model, version)}/${CHECKPOINT_FILE}`;
      if (await main.stat(path)) found.push({ path, note: (await main.file(path, 10_000)).toString('utf8') });
    }
  return found;
}

/** The size a note claims, whoever signed it. */
export const claimedSize = ({ note }: Anchored): number => Number(note.split('\n')[1]);

export function checkCheckpoints({ trusted }: AuditSubject, log: ReadLog, anchored: readonly Anchored[]): CheckResult {
  const keys = trusted.filter((k) => k.role === 'log');
  const findings = anchored.flatMap((a) => checkOne(a, keys, log));
  const recorded = new Set(log.events.flatMap(pathOf));
  for (const { path } of anchored)
    if (!recorded.has(path))
      findings.push(
        say('warning', 'checkpoint-unrecorded', path, 'the log does not mention it yet: `pawl reconcile` records it'),
      );
  return { check: CHECK, looked: `${anchored.length} signed checkpoints on main against the log`, findings };
}

const pathOf = (e: RecordedEvent): string[] => (e.type === 'LogCheckpointed' ? [e.data.path] : []);

function checkOne(anchored: Anchored, keys: readonly Key[], log: ReadLog): Finding[] {
  const { path, note } = anchored;
  const name = note.split('\n')[0] ?? '';
  for (const key of keys) {
    try {
      const { size, root } = openCheckpoint(note, { name, publicKey: readPublicKey(key) });
      if (size > log.size)
        return [
          say(
            'error',
            'log-truncated',
            path,
            `the log had ${size} events when this was signed, and has ${log.size} now`,
          ),
        ];
      if (log.roots.get(size) === root.toString('hex')) return [];
      return [say('error', 'log-rewritten', path, `the first ${size} events are not those that were signed for`)];
    } catch (error) {
      if (!(error instanceof InvalidCheckpointError)) throw error;
    }
  }
  return [say('error', 'checkpoint-untrusted', path, 'no trusted log key has signed it')];
}
