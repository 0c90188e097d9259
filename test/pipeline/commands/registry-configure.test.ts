import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printFile } from '../../../registry-repo/file.ts';
import { Git } from '../../../registry-repo/git.ts';
import { POLICY_PATH, type Policy } from '../../../registry-repo/policy.ts';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import { pawl } from '../../support/cli.ts';
import { commitFiles } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';

const configure = suite('pawl registry configure');

configure('keeps rules that only gate.json has', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), 'data:\n  kind: sample\n  train: 60\n  test: 40\n');
  assert.is((await pawl(home, ['registry', 'init'])).code, 0);
  const git = new Git(join(home, '.pawl/registry.git'));
  const main = async () => (await git.resolve('refs/heads/main')) as string;
  const policy = async (): Promise<Policy> => (await new RegistryAt(git, await main()).policy()).value;
  const strict = structuredClone(await policy());
  const own = {
    significance: { test: 'mcnemar', alpha: 0.05 },
    labelFloors: { neg: 0.7 },
    sliceFloors: { short: 0.6 },
    budget: { sizeRatio: 1.5, latencyRatio: 2 },
  } as const;
  Object.assign(strict.models.sentiment as object, own);
  const to = await commitFiles(git, await main(), { [POLICY_PATH]: printFile(strict) });
  execFileSync('git', ['--git-dir', git.gitDir, 'update-ref', 'refs/heads/main', to]);
  const ran = await pawl(home, ['registry', 'configure', '--minimum', '0.9', '--reason', 'higher']);
  assert.is(ran.code, 0, ran.stderr);
  const { minimum, significance, labelFloors, sliceFloors, budget } = (await policy()).models.sentiment ?? {};
  assert.equal({ minimum, significance, labelFloors, sliceFloors, budget }, { minimum: 0.9, ...own });
});

configure.run();
