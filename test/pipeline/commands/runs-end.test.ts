import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeFacts } from '../../../events/envelope.ts';
import { SqliteStore } from '../../../events/store.sqlite.ts';
import { NO_STREAM } from '../../../events/store.ts';
import { runStream } from '../../../events/streams.ts';
import { json, pawl } from '../../support/cli-here.ts';
import { command, exampleFact } from '../../support/events.ts';
import { temporaryFolder } from '../../support/paths.ts';

const end = suite('pawl runs end');
const RUN = '1v8k2m0p4qxa';

/** A home whose log has a run that goes on, at a process of a machine. */
async function running(host: string, pid: number): Promise<string> {
  const home = temporaryFolder();
  mkdirSync(join(home, '.pawl'));
  const store = new SqliteStore(join(home, '.pawl/events.db'));
  const fact = exampleFact('TrainingRunStarted');
  assert.is(fact.type, 'TrainingRunStarted');
  const data = { ...fact.data, environment: { ...(fact.data as { environment: object }).environment, host, pid } };
  await store.append(runStream(RUN), NO_STREAM, encodeFacts(command('begun'), [{ ...fact, data } as typeof fact]));
  await store.close();
  return home;
}

const statusOf = async (home: string) =>
  await json<{ status: string; failure: { code: string; message: string } | null }>(home, ['runs', 'show', RUN]);

const because = ['runs', 'end', RUN, '--reason', 'the machine was given back'];

end('ends the run of a machine that cannot be asked, once, and says who did it and why', async () => {
  const home = await running('another-machine', 7);
  const without = await pawl(home, ['runs', 'end', RUN]);
  assert.equal([without.code, (await statusOf(home)).status], [2, 'running'], 'a reason is needed');
  assert.is((await pawl(home, because)).code, 0);
  const { status, failure } = await statusOf(home);
  assert.equal(
    [status, failure],
    ['interrupted', { code: 'operator', message: 'process 7 on another-machine: the machine was given back' }],
  );
  const again = await pawl(home, because);
  assert.is(again.code, 2);
  assert.match(again.stderr, `run ${RUN} has ended: it is interrupted`);
});

end('leaves what is at work on this machine alone, and says how to stop it, unless --force is given', async () => {
  const home = await running(hostname(), process.ppid);
  const refused = await pawl(home, because);
  assert.is(refused.code, 2);
  for (const part of [`process ${process.ppid} of this machine`, `kill ${process.ppid}`, '--force'])
    assert.match(refused.stderr, part);
  assert.is((await statusOf(home)).status, 'running');
  assert.is((await pawl(home, [...because, '--force'])).code, 0);
  assert.is((await statusOf(home)).status, 'interrupted');
});

end.run();
