import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig } from '../../../pipeline/config/load.ts';
import { ChildLook, type Log, lookCommand } from '../../../pipeline/triggers/look.ts';
import { Upkeep } from '../../../pipeline/triggers/upkeep.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { until } from '../../support/until.ts';

type Line = { level: string; text: string; fields: Readonly<Record<string, unknown>> };

function kept(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  const keep = (level: string) => (fields: Line['fields'], text: string) => void lines.push({ level, text, fields });
  return { log: { info: keep('info'), warn: keep('warn'), error: keep('error') }, lines };
}

const script = fileURLToPath(new URL('../../support/look-and-hang.js', import.meta.url));
const child = (how: string, log: Log) => new ChildLook([script, how], temporaryFolder(), log);
const said = (lines: readonly Line[], pattern: RegExp) => lines.some(({ fields }) => pattern.test(String(fields.line)));

const upkeep = suite('upkeep of a server');

upkeep('looks at its start, and regularly: a webhook that was lost costs only time', async () => {
  const counts = { registry: 0, training: 0 };
  const { log } = kept();
  const look = { run: async () => void counts.training++, stop: () => {} };
  const tended = new Upkeep({ reconcile: async () => void counts.registry++, look, everyMs: 20, log });
  tended.start();
  await until(() => counts.registry > 1 && counts.training > 1);
  await tended.stop(0);
});

upkeep('without a regular look, only hints count', async () => {
  let looks = 0;
  const { log } = kept();
  const tended = new Upkeep({ reconcile: async () => void looks++, look: null, everyMs: 0, log });
  tended.start();
  await until(() => looks === 1);
  tended.training();
  tended.registry();
  await until(() => looks === 2);
  await tended.stop(0);
});

upkeep('what fails is logged with its code, and ends nothing', async () => {
  const { log, lines } = kept();
  const reconcile = async () => {
    throw Object.assign(new Error('git cannot reach it'), { code: 'forge_failed' });
  };
  const tended = new Upkeep({ reconcile, look: null, everyMs: 0, log });
  tended.start();
  await until(() => lines.length === 1);
  assert.equal(lines[0]?.level, 'error');
  assert.equal(lines[0]?.fields, { code: 'forge_failed', detail: 'git cannot reach it' });
  await tended.stop(0);
});

upkeep('a look for pushes is a process of its own; its lines are logged, and it is told to end', async () => {
  const { log, lines } = kept();
  process.env.PAWL_SECRET_WEBHOOK = 'not for children of ours';
  const tended = new Upkeep({ reconcile: async () => {}, look: child('listens', log), everyMs: 0, log });
  tended.start();
  await until(() => said(lines, /begun listens no webhook secret/) && said(lines, /something is wrong/));
  delete process.env.PAWL_SECRET_WEBHOOK;
  for (let i = 0; i < 1000; i++) tended.training();
  await tended.stop(60_000);
  assert.is(
    lines.filter((l) => /begun/.test(String(l.fields.line))).length,
    1,
    'never two at once, none after the end',
  );
  assert.not.ok(lines.some((l) => l.level === 'error'));
});

upkeep('a look that does not listen is killed', async () => {
  const { log, lines } = kept();
  const look = child('deaf', log);
  const ran = look.run();
  await until(() => said(lines, /begun/));
  look.stop(50);
  await ran;
});

upkeep('a look that fails is an error in the log, and the next one is free to succeed', async () => {
  const { log, lines } = kept();
  await child('fails', log).run();
  assert.is(lines.find((l) => l.level === 'error')?.fields.exit, 3);
});

upkeep('the look has the settings of the server, as they were typed', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'my.yaml'), 'model: a\n');
  const flags = [
    { path: 'watch.branch', text: 'next', flag: '--set watch.branch' },
    { path: 'registry.author.name', text: 'a=b c', flag: '--set registry.author.name' },
  ];
  const [script, ...args] = lookCommand(loadConfig({ file: 'my.yaml', folder, env: {}, flags }));
  assert.match(script ?? '', 'cli.js');
  const given = ['--set', 'watch.branch=next', '--set', 'registry.author.name=a=b c'];
  assert.equal(args, ['--config', 'my.yaml', ...given, 'watch', '--once']);
});

upkeep.run();
