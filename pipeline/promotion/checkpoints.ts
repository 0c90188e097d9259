import { decode } from '../../events/decode.ts';
import type { RecordedEvent } from '../../events/envelope.ts';
import { wholeStream } from '../../events/store.ts';
import { logStream } from '../../events/streams.ts';
import { promotions } from '../../projections/promotions.ts';
import type { Git } from '../../registry-repo/git.ts';
import { CHECKPOINT_FILE, versionFolder } from '../../registry-repo/manifest.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { handle } from '../record.ts';
import { checkpointOf } from './branch.ts';
import type { ReconcilePorts } from './ports.ts';

/**
 * Checkpoints of the log on main: every merged promotion has put one there, signed, and so has one that a person merged
 * by hand although nothing covered it. The log in turn records where they are.
 */
export async function recordCheckpoints(ports: ReconcilePorts): Promise<void> {
  const known = new Set((await wholeStream(ports.store, logStream)).map(decode).map(pathOf));
  const { git } = ports.forge;
  const tip = await ports.forge.sync();
  for (const promotion of (await ports.views()).rows(promotions)) {
    if (promotion.status === 'open' || promotion.class !== 'promotion') continue;
    const path = `${versionFolder(promotion.model, promotion.candidate.version)}/${CHECKPOINT_FILE}`;
    if (known.has(path)) continue;
    const commit = promotion.merge?.commit ?? tip;
    if ((await git.entry(commit, path)) === null) continue;
    const { registry } = (await new RegistryAt(git, commit).policy()).value;
    const checkpoint = await checkpointOf(ports, promotion, registry?.id);
    if (!(await holds(git, commit, path, checkpoint.note))) continue; // made by hand, or for another log
    const data = { ...checkpoint, path, commit };
    await handle(ports, logStream, (events) =>
      events.some((e) => pathOf(e) === path)
        ? null
        : { commandId: `checkpoint:${path}`, facts: [{ type: 'LogCheckpointed', data }] },
    );
  }
}

async function holds(git: Git, commit: string, path: string, note: string): Promise<boolean> {
  const entry = await git.entry(commit, path);
  return entry !== null && (await git.blob(entry.oid)).toString('utf8') === note;
}

const pathOf = (e: RecordedEvent): string | null => (e.type === 'LogCheckpointed' ? e.data.path : null);
