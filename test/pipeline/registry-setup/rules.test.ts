import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../pipeline/config/config-error.ts';
import { measureOf } from '../../../pipeline/registry-setup/rules.ts';
import { pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';

type Given = Parameters<typeof measureOf>[0];
const LABELS = ['fraud', 'ok'];

/** What contradicts itself, the setting that is to blame, and what it says. */
const CONTRADICTIONS: readonly (readonly [Given, string, RegExp])[] = [
  [{ average: 'binary', positive: null }, 'policy.positive', /name the label that counts/],
  [{ average: 'macro', positive: 'fraud' }, 'policy.average', /policy\.positive names one: unset one of the two/],
  [{ average: 'weighted', positive: 'fraud' }, 'policy.average', /policy\.positive names one: unset one of the two/],
  [{ average: null, positive: 'fruad' }, 'policy.positive', /"fruad" is none of the labels: "fraud", "ok"/],
  [{ average: 'binary', positive: 'neutral' }, 'policy.positive', /"neutral" is none of the labels/],
];

const rules = suite('the measure that settings ask for');

rules('settings that contradict each other name no measure', () => {
  for (const [given, path, message] of CONTRADICTIONS)
    assert.throws(
      () => measureOf(given, LABELS),
      (e: ConfigError) => {
        assert.instance(e, ConfigError);
        assert.is(e.code, 'config_invalid');
        return e.message.includes(path) && message.test(e.message);
      },
    );
  assert.equal(measureOf({ average: 'binary', positive: 'fraud' }, LABELS), { average: 'binary', positive: 'fraud' });
});

rules('a command refuses them, before anything is made', async () => {
  const home = temporaryFolder();
  for (const policy of ['average: binary', 'average: macro\n  positive: pos', 'positive: good']) {
    writeFileSync(join(home, 'pawl.yaml'), `data:\n  kind: sample\n  train: 60\n  test: 40\npolicy:\n  ${policy}\n`);
    const ran = await pawl(home, ['registry', 'init']);
    assert.is(ran.code, 2, ran.stdout + ran.stderr);
    assert.match(ran.stderr, /config_invalid/, policy);
    assert.match(ran.stderr, /policy\.(?:average|positive)/);
  }
});

rules.run();
