import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryStore } from '../../../events/store.memory.ts';
import { lastCompleted } from '../../../pipeline/operations/find.ts';
import { NotPromotableError } from '../../../pipeline/promotion/decide.ts';
import { asOf } from '../../../projections/as-of.ts';
import { type Run, runs } from '../../../projections/runs.ts';
import { History, id } from '../../support/history.ts';

const find = suite('what commands find');

find('the last completed run is the last in the log, whatever clocks said', async () => {
  const h = new History(new MemoryStore());
  await h.run(1, 0);
  await h.run(2, 0);
  const found = [...(await asOf(h.store, runs, 99)).values()];
  // The clock went back two hours between them.
  const set = (run: Run, hour: number): Run => ({
    ...run,
    startedAt: `2026-01-02T0${hour}:00:00.000Z`,
    endedAt: `2026-01-02T0${hour}:01:00.000Z`,
  });
  const [first, second] = found.toSorted((a, b) => a.position - b.position) as [Run, Run];
  assert.equal([first.id, second.id], [id(1), id(2)]);
  assert.ok((first.endPosition ?? 0) > first.position && second.position > (first.endPosition ?? 0));
  assert.is(lastCompleted([set(second, 3), set(first, 5)], first.model).id, second.id);
  assert.throws(
    () => lastCompleted(found, 'another'),
    (error: unknown) => error instanceof NotPromotableError,
  );
});

find.run();
