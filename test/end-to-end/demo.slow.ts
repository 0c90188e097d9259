import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pawl } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';

const demo = suite('pawl demo');

demo('tells the whole story and exits 0', async () => {
  const { code, stdout, stderr } = await pawl(temporaryFolder(), ['demo']);
  const told = stdout + stderr;
  assert.is(code, 0, told);
  for (let step = 1; step <= 7; step++) assert.match(told, new RegExp(`^\\(${step}\\) `, 'm'));
  const [, sent, answered] = /(\d+) requests, (\d+) answered/.exec(told) ?? [];
  assert.is(sent, answered);
  assert.ok(Number(sent) > 100, `${sent} requests`);
  assert.match(told, /byte \d+ of the copy, in event (\d+)[\s\S]*the audit says: event \1 /);
  assert.not.match(told, /✘/);
});

demo.run();
