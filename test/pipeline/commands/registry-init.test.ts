import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';

const init = suite('registry init on this machine');

init('--dry-run says what would be made, and makes nothing', async () => {
  const home = temporaryFolder();
  const first = await pawl(home, ['registry', 'init', '--dry-run']);
  assert.is(first.code, 0, first.stderr);
  for (const part of ['keys', 'registry.git', 'artifacts']) assert.match(first.stdout, part);
  assert.equal(readdirSync(home), []);
  assert.is((await pawl(home, ['registry', 'init'])).code, 0);
  assert.equal(await json(home, ['registry', 'init', '--dry-run']), { make: [] });
});

init('what means nothing here is refused', async () => {
  const home = temporaryFolder();
  for (const flag of [['--public'], ['--owners', '@a']]) {
    const { code, stderr } = await pawl(home, ['registry', 'init', ...flag]);
    assert.equal([code, stderr.includes(`${flag[0]}: only for a registry on GitHub or Gitea`)], [2, true], stderr);
  }
  assert.equal(readdirSync(home), []);
});

init.run();
