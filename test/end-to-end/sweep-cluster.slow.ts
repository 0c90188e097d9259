import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Team } from '../doubles/github/gate-workflow.ts';
import { runIndexedJob } from '../doubles/kubernetes/indexed-job.ts';
import { pawl, stopAll } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';
import { until } from '../support/until.ts';

// The manifest that `pawl sweep --executor kubernetes` writes, run by a stand-in for a cluster: eight pods at once append to
// one log, one of them is killed and tried again, and a folder elsewhere finds what they have found.

type Swept = {
  skipped: number;
  best: { run: string };
  promoted: { status: string; version: number } | null;
};
type Compared = { runs: { point: number; run: string; f1: number }[] };

const SWEEP =
  'trainer: nbsvm\nparameters:\n  cost: [1, 10, 100, 1000]\n  order: [1, 2]\nparallel: 8\nmemoryMegabytes: 8000\n';
const ROWS = Array.from({ length: 600 }, (_, i) => {
  const good = i % 2 === 0;
  return `${good ? 'fine' : 'dull'} film number ${i} was ${i % 7 === 0 ? 'fine dull' : good ? 'a joy' : 'a bore'},${good ? 'pos' : 'neg'}`;
});

const s = suite('a sweep on a cluster');
s.after(stopAll);

async function answer<T>(folder: string, args: readonly string[], env: Record<string, string>): Promise<T> {
  const ran = await pawl(folder, [...args, '--json'], { env });
  assert.is(ran.code, 0, ran.stderr + ran.stdout);
  return JSON.parse(ran.stdout) as T;
}

s('every pod appends its run to the log, and the best is promoted from elsewhere', async () => {
  const team = await Team.create();
  try {
    const folder = () => {
      const made = temporaryFolder();
      writeFileSync(
        join(made, 'pawl.yaml'),
        'model: sentiment\ndata: { kind: csv, path: data/films.csv }\nevents: { store: git }\nartifacts: { store: github-releases }\npolicy: { minimum: 0.5, minimumRows: 10 }\n',
      );
      writeFileSync(join(made, 'sweep.yaml'), SWEEP);
      mkdirSync(join(made, 'data'));
      writeFileSync(join(made, 'data/films.csv'), `text,label\n${ROWS.join('\n')}\n`);
      return made;
    };
    const home = folder();
    team.keys = join(home, '.pawl/keys');
    const init = await pawl(home, ['registry', 'init', '--action', team.action], { env: team.asAdmin });
    assert.is(init.code, 0, init.stderr + init.stdout);

    const flags = ['--image', 'registry.example/pawl:1', '--secret', 'promoter', '--volume', 'films=data'];
    const written = await answer<{ sweep: string; file: string; needs: string[] }>(
      home,
      ['sweep', 'sweep.yaml', '--executor', 'kubernetes', ...flags],
      { ...team.env, PAWL_REGISTRY_APP_ID: String(team.promoter.id) },
    );
    assert.equal(written.needs, [], 'the volume brings the data');
    const manifest = readFileSync(join(home, written.file), 'utf8');
    const killed: number[] = [];
    const cluster = {
      secrets: { promoter: { PAWL_SECRET_APP_KEY: team.promoter.key } },
      claims: { films: join(home, 'data') },
    };
    const played = await runIndexedJob(manifest, {
      ...cluster,
      onPod: ({ index, attempt, process, state }) => {
        if (index !== 3 || attempt > 0) return;
        void until(() => existsSync(join(state, 'events.db'))).then(() => {
          killed.push(index);
          process.kill('SIGKILL');
        });
      },
    });
    const said = played.pods.map(({ index, code, output }) => `${index} ${code}: ${output}`).join('\n');
    assert.equal([played.most, killed, [...played.failed]], [8, [3], []], said);
    assert.equal([...played.succeeded].sort(), [0, 1, 2, 3, 4, 5, 6, 7], said);
    assert.is(played.pods.length, 9);

    const elsewhere = folder();
    mkdirSync(join(elsewhere, '.pawl'));
    cpSync(join(home, '.pawl/keys'), join(elsewhere, '.pawl/keys'), { recursive: true });
    const args = ['runs', 'compare', '--sweep', written.sweep];
    const { runs } = await answer<Compared>(elsewhere, args, team.asPromoter);
    assert.equal(runs.map(({ point }) => point).sort(), [0, 1, 2, 3, 4, 5, 6, 7], 'no run is lost, and none is double');

    const other = await runIndexedJob(manifest.replace('model: sentiment', 'model: other'), cluster);
    assert.equal(
      [other.succeeded, other.pods.map(({ code }) => code)],
      [[], Array(8).fill(2)],
      'wrong settings stay wrong',
    );

    const best = await answer<Swept>(elsewhere, ['sweep', 'sweep.yaml', '--promote-best'], team.asPromoter);
    assert.is(best.skipped, 8);
    assert.is(best.best.run, runs[0]?.run);
    assert.equal([best.promoted?.status, best.promoted?.version], ['merged', 1]);
    assert.equal(team.double.violations, []);
  } finally {
    await team.double.close();
  }
});

s.run();
