import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SqliteStore } from '../../../events/store.sqlite.ts';
import { NO_STREAM } from '../../../events/store.ts';
import { pawl } from '../../support/cli.ts';
import { metrics } from '../../support/events.ts';
import { temporaryFolder } from '../../support/paths.ts';

const baseline = suite('pawl baseline');

baseline('--at warns where a clock was set back before the moment; a position is exact', async () => {
  const folder = temporaryFolder();
  const store = new SqliteStore(join(folder, '.pawl/events.db'));
  const times = ['10:00', '12:00', '11:00', '13:00'].map((time) => `2026-01-31T${time}:00.000Z`);
  const events = metrics('a', 4).map((event, i) => ({ ...event, time: times[i] as string }));
  await store.append('run-aaaaaaaaaaaa', NO_STREAM, events);
  await store.close();
  const at = async (moment: string) => {
    const { code, stdout, stderr } = await pawl(folder, ['baseline', '--at', moment]);
    assert.is(code, 0, stderr);
    return [stdout.split('\n')[0], stderr];
  };
  const [position, warning = ''] = await at('2026-01-31T11:30:00Z');
  assert.is(position, 'as of position 3');
  assert.match(
    warning,
    /1 of the 3 events until then say a later time: a clock was set back\. Give a position instead/,
  );
  for (const moment of ['2026-01-31T10:30:00Z', '2026-01-31T14:00:00Z', '3'])
    assert.is((await at(moment))[1], '', moment);
});

baseline.run();
