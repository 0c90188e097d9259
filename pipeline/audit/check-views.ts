import { Engine } from '../../projections/engine.ts';
import type { AnyProjection } from '../../projections/projection.ts';
import { MemoryViews } from '../../projections/views.memory.ts';
import { type CheckResult, type Finding, sayFor } from './findings.ts';
import type { AuditSubject } from './subject.ts';

const CHECK = 'views';
const say = sayFor(CHECK);

/** Builds every view again from the first event, and compares it byte for byte with the one that commands read. */
export async function checkViews(
  { store, views }: AuditSubject,
  projections: readonly AnyProjection[],
): Promise<CheckResult> {
  if (!views) return { check: CHECK, looked: 'no tables to compare', findings: [] };
  const live = new Engine(store, views, projections);
  await live.catchUp();
  const fresh = new Engine(store, new MemoryViews(), projections);
  await fresh.catchUp();
  const findings: Finding[] = projections
    .filter((p) => live.digest(p) !== fresh.digest(p))
    .map((p) =>
      say(
        'error',
        'view-differs',
        `view ${p.name}`,
        'the table is not what the log gives: delete the views file, it will be built again',
      ),
    );
  return { check: CHECK, looked: `${projections.length} views rebuilt from the first event and compared`, findings };
}
