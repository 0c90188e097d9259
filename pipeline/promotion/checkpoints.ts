import { decode } from '../../events/decode.ts';
import type { RecordedEvent } from '../../events/envelope.ts';
import { wholeStream } from '../../events/store.ts';
import { logStream } from '../../events/streams.ts';
import { promotions } from '../../projections/promotions.ts';
import { CHECKPOINT_FILE, versionFolder } from '../../registry-repo/manifest.ts';
import { handle } from '../record.ts';
import { checkpointOf } from './branch.ts';
import type { ReconcilePorts } from './ports.ts';

/** Every merged promotion has put a signed checkpoint of the log on main; the log in turn records where. */
export async function recordCheckpoints(ports: ReconcilePorts): Promise<void> {
  const known = new Set((await wholeStream(ports.store, logStream)).map(decode).map(pathOf));
  for (const promotion of (await ports.views()).rows(promotions)) {
    if (promotion.status !== 'merged' || promotion.class !== 'promotion' || !promotion.merge) continue;
    const path = `${versionFolder(promotion.model, promotion.candidate.version)}/${CHECKPOINT_FILE}`;
    if (known.has(path)) continue;
    const data = { ...(await checkpointOf(ports, promotion)), path, commit: promotion.merge.commit };
    await handle(ports, logStream, (events) =>
      events.some((e) => pathOf(e) === path)
        ? null
        : { commandId: `checkpoint:${path}`, facts: [{ type: 'LogCheckpointed', data }] },
    );
  }
}

const pathOf = (e: RecordedEvent): string | null => (e.type === 'LogCheckpointed' ? e.data.path : null);
