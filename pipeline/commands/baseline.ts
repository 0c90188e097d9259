import type { EventStore } from '../../events/store.ts';
import { asOf, laterUpTo, type Moment, positionOf } from '../../projections/as-of.ts';
import { type Baseline, baseline } from '../../projections/baseline.ts';
import { NotFoundError, UsageError } from '../operations/not-found.ts';
import { textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';

export const baselineShow: Command<Workspace> = {
  details: 'The answer is computed from the log alone, so the answer for an earlier moment never changes.',
  json: true,
  arguments: [{ name: 'model', description: 'only this model', optional: true }],
  flags: [
    {
      flags: '--at <moment>',
      description:
        'a time (2026-01-31T12:00:00Z), a log position (41), an event id, or a commit on the registry’s main',
    },
  ],
  examples: [
    ['pawl baseline', 'what is in production now'],
    ['pawl baseline --at 2026-01-31T12:00:00Z', 'what was in production then'],
  ],
  async run(invocation) {
    const { workspace, out, args } = invocation;
    const at = text(invocation, 'at');
    const store = workspace.store();
    const moment = at === undefined ? { position: await store.position() } : await momentOf(store, at);
    const position = await positionOf(store, moment);
    const later = 'time' in moment ? await laterUpTo(store, position, moment.time) : 0;
    if (later > 0)
      out.complain(
        `${later} of the ${position} events until then say a later time: a clock was set back. Give a position instead, see \`pawl events list\``,
      );
    const rows = await asOf(store, baseline, position);
    const [model] = args;
    if (model !== undefined && !rows.has(model) && at === undefined)
      throw new NotFoundError('model in production', model, rows.keys(), 'pawl baseline');
    const shown = [...rows.values()].filter((b) => (model ?? b.model) === b.model);
    out.result({ position, baselines: shown }, () => describe(shown, at === undefined ? null : position));
    return 0;
  },
};

/** @throws {UsageError} {UnknownMomentError} */
async function momentOf(store: EventStore, at: string): Promise<Moment> {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(at)) return { position: await positionOfCommit(store, at) };
  const moment: Moment | null = /^\d{1,15}$/.test(at)
    ? { position: Number(at) }
    : /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(at)
      ? { eventId: at }
      : Number.isNaN(Date.parse(at))
        ? null
        : { time: new Date(at) };
  if (!moment) throw new UsageError(`--at takes a time, a position, an event id or a whole commit id, not "${at}"`);
  return moment;
}

/** The position of the event that recorded a commit on main. */
async function positionOfCommit(store: EventStore, commit: string): Promise<number> {
  for (let after = 0; ; ) {
    const page = await store.scanAll({ after, limit: 5000 });
    const hit = page.find(
      (e) =>
        /^(?:PromotionMerged|ProductionRolledBack|RegistryInitialized|RegistryConfigured)$/.test(e.type) &&
        (JSON.parse(e.data) as { commit: string }).commit === commit,
    );
    if (hit) return hit.position;
    const last = page.at(-1);
    if (!last) throw new NotFoundError('recorded commit', commit, [], 'pawl registry log');
    after = last.position;
  }
}

function describe(shown: readonly Baseline[], position: number | null): string {
  const when = position === null ? '' : `as of position ${position}\n`;
  if (shown.length === 0) return `${when}nothing is in production`;
  const rows = shown.map((b) => [
    b.model,
    String(b.version),
    b.since,
    b.promotionId,
    b.commit.slice(0, 12),
    b.manifest.slice(0, 19),
  ]);
  return when + textTable(['model', 'version', 'since', 'promotion', 'commit', 'manifest'], rows, [1]);
}
