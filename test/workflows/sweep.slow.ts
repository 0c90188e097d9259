import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gateByAct, sweepByAct } from '../doubles/github/act-jobs.ts';
import { Team } from '../doubles/github/gate-workflow.ts';
import { actMissing } from '../support/act.ts';
import { pawl, stopAll } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';

// The workflow that `pawl sweep --executor github` writes, executed with the real command line against GitHub's double: its
// jobs share nothing but the log and the artifacts there, and a folder elsewhere finds what they have found.

type Swept = {
  sweep: string;
  skipped: number;
  results: { run: string; f1: number }[];
  best: { run: string };
  promoted: { status: string; version: number } | null;
};
type Compared = { runs: { point: number; run: string; f1: number }[] };

const SWEEP = 'trainer: nbsvm\nparameters:\n  cost: [1, 100]\n  order: [1, 2, 3]\nparallel: 3\n';

const s = suite('a sweep on GitHub, executed');
s.after(stopAll);

async function answer<T>(folder: string, args: readonly string[], env: Record<string, string>): Promise<T> {
  const ran = await pawl(folder, [...args, '--json'], { env });
  assert.is(ran.code, 0, ran.stderr + ran.stdout);
  return JSON.parse(ran.stdout) as T;
}

const missing = actMissing();
if (missing) console.log(`SKIPPED ${missing}: the workflow of a sweep is linted, but not executed`);
else
  s('every job appends its run to the log, and the best is promoted from elsewhere', async () => {
    const team = await Team.create();
    try {
      const settings = `model: sentiment
data: { kind: sample, train: 800, test: 300 }
registry: { forge: github, repository: ${team.repository}, action: ${team.action} }
events: { store: git }
artifacts: { store: github-releases }
policy: { minimum: 0.6 }
`;
      const folder = () => {
        const made = temporaryFolder();
        writeFileSync(join(made, 'pawl.yaml'), settings);
        writeFileSync(join(made, 'sweep.yaml'), SWEEP);
        return made;
      };
      const home = folder();
      team.keys = join(home, '.pawl/keys');
      const init = await pawl(home, ['registry', 'init', '--action', team.action], { env: team.asAdmin });
      assert.is(init.code, 0, init.stderr + init.stdout);

      const written = await answer<{ sweep: string; points: number }>(
        home,
        ['sweep', 'sweep.yaml', '--executor', 'github'],
        { PAWL_REGISTRY_API: team.double.url },
      );
      assert.is(written.points, 6);
      const training = await team.double.createRepo('org/reviews', {
        'pawl.yaml': settings,
        'sweep.yaml': SWEEP,
        '.github/workflows/sweep.yml': readFileSync(join(home, '.github/workflows/sweep.yml'), 'utf8'),
      });
      const played = await sweepByAct(team, training);
      assert.is(Object.keys(played.named).length, 6, played.output);
      assert.equal([...new Set(Object.values(played.named))], ['success'], played.output);

      const elsewhere = folder();
      mkdirSync(join(elsewhere, '.pawl'));
      cpSync(join(home, '.pawl/keys'), join(elsewhere, '.pawl/keys'), { recursive: true });
      const args = ['runs', 'compare', '--sweep', written.sweep];
      const { runs } = await answer<Compared>(elsewhere, args, team.asPromoter);
      assert.equal(runs.map(({ point }) => point).sort(), [0, 1, 2, 3, 4, 5]);

      const again = await sweepByAct(team, training);
      assert.equal([...new Set(Object.values(again.named))], ['success'], again.output);
      const after = await answer<Compared>(elsewhere, args, team.asPromoter);
      assert.equal(after.runs, runs, 'what has run is not run again');

      team.onRequest = async (number, head) =>
        (await gateByAct(team, number, head)).code === 0 ? 'success' : 'failure';
      const best = await answer<Swept>(elsewhere, ['sweep', 'sweep.yaml', '--promote-best'], team.asPromoter);
      assert.equal([best.skipped, best.sweep], [6, written.sweep]);
      assert.is(best.best.run, runs[0]?.run);
      assert.equal([best.promoted?.status, best.promoted?.version], ['merged', 1]);
      assert.equal(team.double.violations, []);
    } finally {
      await team.double.close();
    }
  });

s.run();
