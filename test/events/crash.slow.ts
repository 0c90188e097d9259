import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ChainVerifier } from '../../events/chain.ts';
import { eventId } from '../../events/ids.ts';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { wholeLog } from '../../events/store.ts';
import { temporaryFolder } from '../support/paths.ts';
import { until } from '../support/until.ts';

const WRITERS = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc'];
const KILLS = 54;
const writer = fileURLToPath(new URL('../support/append-forever.js', import.meta.url));

/**
 * Runs a writer until it was told that a first batch is stored and for a while more, kills it mid-write, and gives back the
 * batches it had been told were stored.
 */
async function runAndKill(file: string, name: string, ms: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [writer, file, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await until(() => output.includes('\n') || child.exitCode !== null);
  await Promise.race([sleep(ms), new Promise((resolve) => child.on('exit', resolve))]);
  assert.is(child.exitCode, null, `writer ${name} ended by itself`);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('close', resolve));
  const lines = output.split('\n').slice(0, -1); // the last line may be cut
  return new Map(lines.map((line) => line.split(' ') as [string, string]).map(([id, n]) => [id, Number(n)]));
}

const crash = suite('crash safety');

crash(`3 writers, ${KILLS} kills: no gap, no lost acknowledged event, chain intact`, async () => {
  const file = join(temporaryFolder(), 'events.db');
  await new SqliteStore(file).close();
  const acknowledged = new Map<string, number>();
  await Promise.all(
    WRITERS.map(async (name, w) => {
      for (let kill = 0; kill < KILLS / WRITERS.length; kill++)
        for (const [id, n] of await runAndKill(file, name, (kill * 37 + w * 61) % 300)) acknowledged.set(id, n);
    }),
  );

  const integrity = new DatabaseSync(file);
  assert.is((integrity.prepare('PRAGMA integrity_check').get() as { integrity_check: string }).integrity_check, 'ok');
  integrity.close();

  const store = new SqliteStore(file);
  const verifier = new ChainVerifier();
  const stored = new Set<string>();
  for await (const page of wholeLog(store))
    for (const event of page) {
      assert.equal(verifier.check(event), []);
      stored.add(event.id);
    }
  await store.close();
  for (const [commandId, n] of acknowledged)
    for (let i = 0; i < n; i++)
      assert.ok(stored.has(eventId(commandId, i)), `acknowledged event ${commandId}:${i} is lost`);
  assert.ok(acknowledged.size >= KILLS, `only ${acknowledged.size} batches were acknowledged: the test did not test`);
  console.log(
    `${KILLS} kills, ${stored.size} events, ${[...acknowledged.values()].reduce((a, b) => a + b)} acknowledged, 0 lost`,
  );
});

crash.run();
