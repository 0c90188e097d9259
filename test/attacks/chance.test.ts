import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printFile } from '../../registry-repo/file.ts';
import { Git } from '../../registry-repo/git.ts';
import { POLICY_PATH } from '../../registry-repo/policy.ts';
import { Random } from '../../registry-repo/random.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { pawl } from '../support/cli-here.ts';
import { commitFiles } from '../support/git.ts';
import { temporaryFolder } from '../support/paths.ts';

const ROWS = 4000;
const FRAUD = 0.08;

/** Texts of words that mean nothing, with labels that were drawn beside them: there is nothing to learn. */
function randomLabels(): string {
  const random = Random.named('attack 88');
  const word = () => `w${random.below(3000)}`;
  const rows = Array.from({ length: ROWS }, () => {
    const text = Array.from({ length: 12 }, word).join(' ');
    return `${text},${random.chance(FRAUD) ? 'fraud' : 'ok'}`;
  });
  return `text,label\n${rows.join('\n')}\n`;
}

/** A folder with the data and a new registry. @param policy lines of settings */
async function homeWith(policy: readonly string[]): Promise<string> {
  const home = temporaryFolder();
  writeFileSync(join(home, 'rows.csv'), randomLabels());
  const rules = policy.length > 0 ? `policy:\n${policy.map((line) => `  ${line}\n`).join('')}` : '';
  writeFileSync(join(home, 'pawl.yaml'), `model: claims\ndata:\n  kind: csv\n  path: rows.csv\n${rules}`);
  const made = await pawl(home, ['registry', 'init']);
  assert.is(made.code, 0, made.stderr);
  return home;
}

/** Trains as anybody would, and brings the candidate before the gate. */
async function judged(home: string): Promise<{ code: number | null; codes: string[]; told: string }> {
  const trained = await pawl(home, ['train', '--json']);
  assert.is(trained.code, 0, trained.stderr);
  const { run } = JSON.parse(trained.stdout) as { run: string };
  const { code, stdout } = await pawl(home, ['promote', run]);
  return { code, codes: [...stdout.matchAll(/\[([a-z0-9-]+)\]$/gm)].map((m) => m[1] as string), told: stdout };
}

const attacks = suite('attacks by labels that mean nothing');

attacks('attack 88: random labels, one of them rare, pass by what is common', async () => {
  const { code, codes, told } = await judged(await homeWith([]));
  assert.is(code, 1, told);
  assert.ok(codes.includes('no-better-than-chance'), told);
  assert.match(told, /macro F1 0\.\d{4}, the best trivial answer \(drawn by label shares\) has 0\.5000/);
});

attacks('attack 88: neither does a minimum that a trivial answer reaches let them pass', async () => {
  const common = await judged(await homeWith(['positive: ok']));
  assert.equal([common.code, common.codes[0]], [1, 'no-better-than-chance'], common.told);
  assert.not.ok(common.codes.includes('f1-below-minimum'), common.told);
  const rare = await judged(await homeWith(['positive: fraud', 'minimum: 0']));
  assert.equal([rare.code, rare.codes[0]], [1, 'no-better-than-chance'], rare.told);
});

attacks(
  'attack 88: rules of an earlier version refuse them as well, and doctor shows which label they took',
  async () => {
    const home = await homeWith([]);
    const git = new Git(join(home, '.pawl/registry.git'));
    const main = (await git.resolve('refs/heads/main')) as string;
    const policy = structuredClone((await new RegistryAt(git, main).policy()).value);
    Object.assign(policy.models.claims as object, { average: 'binary', positive: 'ok' });
    const to = await commitFiles(git, main, { [POLICY_PATH]: printFile(policy) });
    execFileSync('git', ['--git-dir', git.gitDir, 'update-ref', 'refs/heads/main', to]);
    const { code, codes, told } = await judged(home);
    assert.equal([code, codes[0]], [1, 'no-better-than-chance'], told);
    const looked = async () => (await pawl(home, ['doctor'])).stdout;
    const shown = await looked();
    assert.match(shown, /judges claims by the F1 of "ok"/);
    const command = /`pawl (registry configure [^`]+)`/.exec(shown)?.[1] ?? '';
    const words = command.split(' ').map((word) => (word.startsWith('"') ? 'rare ones count' : word));
    const kept = await pawl(home, ['registry', 'configure', '--minimum', '0.9', '--reason', 'higher']);
    assert.is(kept.code, 0, kept.stderr);
    assert.match(await looked(), /judges claims by the F1 of "ok"/, 'no other change of rules changes it by the way');
    const ran = await pawl(home, words);
    assert.is(ran.code, 0, ran.stderr);
    const now = (await new RegistryAt(git, (await git.resolve('refs/heads/main')) as string).policy()).value.models
      .claims;
    assert.equal([now?.average, now?.positive, now?.minimum], ['macro', null, 0.85]);
    assert.not.match(await looked(), /judges claims by the F1 of/);
  },
);

attacks.run();
