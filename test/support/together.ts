import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { json, pawl, type Ran } from './cli.ts';
import { temporaryFolder } from './paths.ts';
import { sampleSettings } from './sample-settings.ts';

/** The results of promotions that real processes made at the same time. */
export type Together = {
  readonly home: string;
  readonly ran: readonly Ran[];
  /** Verdicts that a gate here signed, whether or not they were recorded. */
  readonly gateRuns: number;
};

/** Trains as many candidates of one model as are asked for, and promotes all of them at once, each by a process of its own. */
export async function promoteTogether(count: number): Promise<Together> {
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), sampleSettings(800));
  const runs: string[] = [];
  for (let seed = 1; seed <= count; seed++)
    runs.push((await json<{ run: string }>(home, ['train', '--seed', String(seed)])).run);
  assert.is((await pawl(home, ['registry', 'init'])).code, 0);
  const ran = await Promise.all(runs.map((run) => pawl(home, ['promote', run])));
  return { home, ran, gateRuns: signedVerdicts(home) };
}

/** The gate keeps each verdict in the artifact store as soon as it is signed. */
export function signedVerdicts(home: string): number {
  const folder = join(home, '.pawl', 'artifacts');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.filter((file) =>
    readFileSync(join(file.parentPath, file.name)).includes('"application/vnd.in-toto+json"'),
  ).length;
}

/** Asserts everything that must hold afterwards, whatever order they ran in. */
export async function checkTogether({ home, ran, gateRuns }: Together): Promise<void> {
  const said = ran.map(({ code, stdout, stderr }) => `${code}: ${stdout}${stderr}`).join('\n');
  assert.ok(gateRuns <= ran.length + 1, `${ran.length} promotions cost ${gateRuns} gate runs:\n${said}`);
  assert.ok(
    ran.every(({ code }) => code === 0 || code === 1),
    said,
  );
  const reconciled = await json<{ finished: unknown[]; leased: unknown[]; drift: unknown[] }>(home, ['reconcile']);
  assert.equal([reconciled.finished, reconciled.leased, reconciled.drift], [[], [], []]);
  const audited = await pawl(home, ['audit']);
  assert.is(audited.code, 0, audited.stdout);
}
