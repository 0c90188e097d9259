import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, json as jsonOfItsOwn, printed, pawl as processOfItsOwn, start, stopAll } from '../support/cli.ts';
import { json, pawl } from '../support/cli-here.ts';
import { temporaryFolder } from '../support/paths.ts';
import { sampleSettings } from '../support/sample-settings.ts';
import { until } from '../support/until.ts';

// The user's story through the command line, on a sample small enough for a test. It runs in this process, except for
// what only a process of its own can show: exit codes, streams, signals.

const folder = temporaryFolder();
const settings = (rows: number) => `${sampleSettings(rows)}server:
  port: 0
  pollMs: 200
  logLevel: silent
`;
const withRows = (rows: number) => writeFileSync(join(folder, 'pawl.yaml'), settings(rows));

type Promoted = { status: string; version: number; result: string; reasons: { code: string }[]; pullRequest: number };

const story = suite('the story, through the command line');
story.after(stopAll);

story('a first model from too few rows is refused, and the exit code says so', async () => {
  withRows(60);
  assert.is((await processOfItsOwn(folder, ['registry', 'init'])).code, 0);
  const run = await json<{ run: string; f1: number }>(folder, ['train']);
  assert.match(run.run, /^[0-9a-z]{12}$/);
  const refused = await jsonOfItsOwn<Promoted>(folder, ['promote', run.run], 1);
  assert.equal([refused.status, refused.result], ['rejected', 'fail']);
});

story('a good one is promoted, a worse one is not, a better one is', async () => {
  withRows(1500);
  await json(folder, ['train']);
  assert.is((await json<Promoted>(folder, ['promote'])).status, 'merged');
  withRows(300);
  await json(folder, ['train']);
  assert.is((await json<Promoted>(folder, ['promote'], 1)).status, 'rejected');
  withRows(4000);
  await json(folder, ['train']);
  assert.is((await json<Promoted>(folder, ['promote'])).status, 'merged');
});

story('promoting what is in production says so and changes nothing', async () => {
  const before = await json<unknown[]>(folder, ['registry', 'log']);
  const again = await pawl(folder, ['promote']);
  assert.equal([again.code, /in production already/.test(again.stdout)], [0, true]);
  assert.equal(await json(folder, ['registry', 'log']), before);
});

story('a server answers with it, and follows a rollback', async () => {
  const server = start(folder, ['serve']);
  const url = (await printed(server, /listening on (http:\S+)/))[1] as string;
  await printed(server, /sentiment v4 answers/);
  const ask = async () => {
    const response = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"text":"a warm and funny film"}',
    });
    return [response.status, response.headers.get('pawl-model')];
  };
  assert.equal(await ask(), [200, 'sentiment/4']);
  const back = await json<Promoted>(folder, ['rollback', '--reason', 'complaints']);
  assert.is(back.status, 'merged');
  await until(async () => (await ask())[1] === 'sentiment/2');
  assert.equal(await ask(), [200, 'sentiment/2']);
  server.kill('SIGINT');
  assert.is(await ended(server), 0);
});

story('predict gives the label and its probability', async () => {
  const { predictions } = await json<{ predictions: { label: string; probability: number }[] }>(folder, [
    'predict',
    'a superb and moving film',
    'a dull, clumsy mess',
  ]);
  assert.equal(predictions.length, 2);
  for (const p of predictions) assert.ok(p.probability > 0.5 && p.probability <= 1);
  const piped = await processOfItsOwn(folder, ['predict'], { input: 'one\ntwo\n' });
  assert.is(piped.stdout.trim().split('\n').length, 3);
});

story('evaluate measures any labelled data', async () => {
  writeFileSync(
    join(folder, 'new.csv'),
    'text,label\n"a superb, moving film",pos\n"dull and clumsy",neg\n"a ""great"" one",pos\n',
  );
  const { rows, metrics, confusion } = await json<{
    rows: number;
    metrics: Record<string, number>;
    confusion: number[][];
  }>(folder, ['evaluate', 'v2', '--data', 'new.csv']);
  assert.is(rows, 3);
  assert.is(
    confusion.flat().reduce((a, b) => a + b),
    3,
  );
  assert.ok('accuracy' in metrics);
});

story('why checks every link of the chain', async () => {
  const { links } = await json<{ links: { name: string; holds: boolean }[] }>(folder, ['why', 'sentiment@4']);
  assert.equal(
    [...new Set(links.map((l) => l.name))],
    ['run', 'data', 'artifact', 'verdict', 'pull request', 'commit', 'activation'],
  );
  assert.ok(links.every((l) => l.holds));
  const refused = await json<{ links: { name: string; holds: boolean }[] }>(folder, ['why', 'v1'], 1);
  assert.ok(refused.links.some((l) => l.name === 'commit' && !l.holds));
});

story('the baseline is known for now and for then', async () => {
  const now = await json<{ baselines: { version: number }[] }>(folder, ['baseline']);
  assert.equal(
    now.baselines.map((b) => b.version),
    [2],
  );
  const log = await json<{ commit: string; kind: string }[]>(folder, ['registry', 'log']);
  const promoted = log.filter((c) => c.kind === 'promotion').map((c) => c.commit);
  const versions = [];
  for (const commit of promoted)
    versions.push(
      (await json<{ baselines: { version: number }[] }>(folder, ['baseline', '--at', commit])).baselines[0]?.version,
    );
  assert.equal(versions, [4, 2]);
});

story('the audit passes; a copy with one byte flipped does not, and is named', async () => {
  const whole = await json<{ passed: boolean; findings: unknown[] }>(folder, ['audit', '--record']);
  assert.equal([whole.passed, whole.findings], [true, []]);
  const copy = join(folder, 'copy.db');
  assert.is((await pawl(folder, ['events', 'backup', copy])).code, 0);
  assert.is((await json<{ passed: boolean }>(folder, ['audit', '--log', copy])).passed, true);
  const bytes = readFileSync(copy);
  const at = bytes.indexOf('"confusion":[[');
  bytes[at + 14] = (bytes[at + 14] as number) ^ 1;
  writeFileSync(copy, bytes);
  const report = await json<{ findings: { code: string; subject: string }[] }>(folder, ['audit', '--log', copy], 1);
  assert.ok(report.findings.some((f) => f.code === 'content-changed' && /event \d+/.test(f.subject)));
});

story('a run can be repeated, to the same model bytes', async () => {
  const list = await json<{ id: string }[]>(folder, ['runs', 'list']);
  const again = await json<{ sameModelBytes: boolean }>(folder, ['train', '--like', list[1]?.id as string]);
  assert.is(again.sameModelBytes, true);
});

story('and to the same plots', async () => {
  const [repeated, , original] = await json<{ id: string }[]>(folder, ['runs', 'list']);
  const plots = async (id = '') => {
    const { artifacts } = await json<{ artifacts: { role: string; digest: string }[] }>(folder, ['runs', 'show', id]);
    return artifacts.filter((a) => a.role.endsWith('.svg')).map((a) => `${a.role} ${a.digest}`);
  };
  assert.is((await plots(original?.id)).length, 3);
  assert.equal(await plots(repeated?.id), await plots(original?.id));
});

story('every reading command answers in JSON and in words', async () => {
  const [run] = await json<{ id: string }[]>(folder, ['runs', 'list', '--limit', '1']);
  const [other] = (await json<{ id: string }[]>(folder, ['runs', 'list'])).slice(1);
  const id = run?.id as string;
  for (const args of [
    ['runs', 'list'],
    ['runs', 'show', id],
    ['runs', 'compare', id, other?.id as string],
    ['events', 'list'],
    ['events', 'show', '1'],
    ['events', 'verify'],
    ['baseline'],
    ['registry', 'status'],
    ['registry', 'log'],
    ['artifacts', 'list'],
    ['artifacts', 'verify'],
    ['artifacts', 'gc', '--dry-run'],
    ['config'],
    ['doctor'],
  ]) {
    await json(folder, args);
    const words = await pawl(folder, args);
    assert.is(words.code, 0, args.join(' '));
    assert.ok(words.stdout.trim().length > 0, args.join(' '));
    assert.not.match(words.stdout, /undefined|\[object/, args.join(' '));
  }
});

story('exports the log, whole and as CloudEvents', async () => {
  const lines = (await pawl(folder, ['events', 'export'])).stdout.trim().split('\n');
  assert.is(lines.length, (await json<{ events: number }>(folder, ['events', 'verify'])).events);
  await pawl(folder, ['events', 'export', '--format', 'cloudevents', '--output', join(folder, 'log.ce')]);
  const first = JSON.parse(readFileSync(join(folder, 'log.ce'), 'utf8').split('\n')[0] as string) as Record<
    string,
    unknown
  >;
  assert.equal([first.specversion, typeof first.id, first.subject], ['1.0', 'string', 'registry']);
});

story('gc spares what anything refers to', async () => {
  const before = await json<{ kept: number; removed: unknown[] }>(folder, ['artifacts', 'gc', '--grace-days', '0']);
  assert.equal(before.removed, []);
  assert.is((await json<{ passed: boolean }>(folder, ['audit'])).passed, true);
});

const wrong = suite('wrong words');

/** Of what is wrong, these show by a process of its own that the code that is computed is the one a script sees. */
const AS_PROCESSES: ReadonlySet<string> = new Set(['trian', 'gate']);

for (const [args, code, says] of [
  [['trian'], 2, /Did you mean train/],
  [['runs', 'show', 'nonsense'], 3, /not_found/],
  [['promote', 'nonsense'], 3, /not_found/],
  [['rollback'], 2, /--reason/],
  [['rollback', '--reason', 'x', '--to', '99'], 3, /v2|v4/],
  [['why', 'v99'], 3, /not_found/],
  [['why', '???'], 2, /is no version/],
  [['events', 'list', '--limit', 'many'], 2, /whole number/],
  [['events', 'list', '--type', 'PromotionMergd'], 3, /did you mean PromotionMerged/],
  [['evaluate', 'v2', '--data', 'gone.csv'], 3, /data_invalid/],
  [['baseline', '--at', 'yesterday'], 2, /--at takes/],
  [['--set', 'training.seeed=1', 'config'], 2, /did you mean training.seed/],
  [['--config', 'gone.yaml', 'config'], 2, /no such file/],
  [['gate', '99'], 3, /no pull request 99/],
] as const)
  wrong(`pawl ${args.join(' ')}`, async () => {
    const ran = await (AS_PROCESSES.has(args[0]) ? processOfItsOwn : pawl)(folder, args);
    assert.is(ran.code, code, ran.stderr);
    assert.match(ran.stderr, says);
    assert.is(ran.stdout, '');
    assert.not.match(ran.stderr, /\n\s+at /);
  });

wrong('a bad data set is refused with its lines, and nothing is recorded', async () => {
  writeFileSync(join(folder, 'bad.csv'), 'text,wrong\na,b\n');
  const before = await json<{ events: number }>(folder, ['events', 'verify']);
  const ran = await pawl(folder, ['train', '--dataset', 'csv', '--data', 'bad.csv', '--config', 'none.yaml']);
  assert.is(ran.code, 2);
  copyFileSync(join(folder, 'pawl.yaml'), join(folder, 'keep.yaml'));
  writeFileSync(join(folder, 'pawl.yaml'), 'model: sentiment\n');
  const refused = await pawl(folder, ['train', '--dataset', 'csv', '--data', 'bad.csv']);
  copyFileSync(join(folder, 'keep.yaml'), join(folder, 'pawl.yaml'));
  assert.is(refused.code, 3);
  assert.match(refused.stderr, /bad\.csv.*label/s);
  assert.equal(await json(folder, ['events', 'verify']), before);
  assert.ok(existsSync(join(folder, 'pawl.yaml')));
});

wrong('a reader that goes away, as `head` does, is no error', async () => {
  for (const args of [['--help'], ['events', 'list']]) {
    const child = start(folder, args);
    child.stdout?.destroy();
    let stderr = '';
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    assert.equal([await ended(child), stderr], [0, ''], args.join(' '));
  }
});

story.run();
wrong.run();
