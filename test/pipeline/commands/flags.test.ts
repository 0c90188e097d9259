import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commands } from '../../../scripts/docs/commands.ts';
import { startGiteaDouble } from '../../doubles/gitea/double.ts';
import { Team } from '../../doubles/github/gate-workflow.ts';
import { json, pawl } from '../../support/cli-here.ts';
import { flagRows, type Row } from '../../support/flag-rows.ts';
import { goldenFile } from '../../support/golden.ts';
import { fixture, root, temporaryFolder } from '../../support/paths.ts';

// A flag that does nothing is an error: each changes what a command says or does, or is refused where it would not.

type Tried = Exclude<Row, { kind: 'elsewhere' }>;
type Prepared = { readonly folder: string; readonly words: Readonly<Record<string, string>> };

const SETTINGS =
  'model: sentiment\ntraining: { trainer: nbsvm, workers: 1 }\npolicy: { minimum: 0.5, minimumRows: 1, minimumRowsPerLabel: 1 }\n';
const SMALL = { PAWL_DATA_KIND: 'sample', PAWL_DATA_TRAIN: '200', PAWL_DATA_TEST: '100' };
const SHARED =
  '--set events.store=git --set events.repository=https://git.example.org/log.git --set artifacts.store=s3 --set artifacts.s3.bucket=models';

const flags = suite('flags');
const environments: Record<string, Record<string, string>> = {};
const homes: Partial<Record<Tried['home'], Prepared>> = {};
const closing: (() => Promise<unknown>)[] = [];

flags.before(async () => {
  homes.empty = homes.gitea = { folder: temporaryFolder(), words: {} };
  homes.trained = await trained();
  homes.imported = await imported();
  const team = await Team.create();
  closing.push(() => team.double.close());
  environments.github = team.asAdmin;
  homes.github = { folder: temporaryFolder(), words: { API: `${team.asAdmin.PAWL_REGISTRY_API}` } };
  const gitea = await startGiteaDouble();
  closing.push(() => gitea.close());
  gitea.world.account('gate');
  gitea.world.account('trusted-gate');
  environments.gitea = {
    PAWL_REGISTRY_FORGE: 'gitea',
    PAWL_REGISTRY_REPOSITORY: 'team/registry',
    PAWL_REGISTRY_API: `${gitea.url}/api/v1`,
    PAWL_SECRET_FORGE_TOKEN: gitea.token('team'),
  };
});
flags.after(async () => {
  for (const close of closing) await close();
});

/** A version in production, two points of a sweep, and a repository to train from. `$NEW` is the newest run and not the best. */
async function trained(): Promise<Prepared> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'pawl.yaml'), SETTINGS);
  writeFileSync(join(folder, 'other.csv'), `text,label\n${rows(20)}`);
  writeFileSync(join(folder, 'sweep.yaml'), 'trainer: nbsvm\nparameters:\n  order: [1, 2]\n');
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(folder, 'reviews.git')]);
  const run = async (...args: string[]) => {
    const ran = await pawl(folder, args, { env: SMALL });
    assert.is(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  };
  await run('train');
  await run('promote');
  for (const index of ['1', '0']) await run('sweep', 'point', 'sweep.yaml', '--index', index);
  type Listed = { id: string; sweep: { id: string } | null }[];
  const listed = await json<Listed>(folder, ['runs', 'list']);
  const [best] = await json<Listed>(folder, ['runs', 'list', '--sort', 'f1']);
  const [first, last] = [listed.at(-1), listed[0]];
  assert.is.not(best?.id, last?.id, 'the order by F1 must not be that of time');
  return { folder, words: { OLD: `${first?.id}`, NEW: `${last?.id}`, SWEEP: `${last?.sweep?.id}`, SHARED } };
}

async function imported(): Promise<Prepared> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'pawl.yaml'), 'model: tiny\ndata: { kind: sample, train: 4, test: 20 }\n');
  const files = ['model.onnx', 'tokenizer.json'].map((name) => goldenFile('tiny-distilbert', name));
  const given = ['--onnx', files[0] as string, '--tokenizer', files[1] as string, '--labels', 'neg,pos'];
  const { run } = await json<{ run: string }>(folder, ['import', ...given]);
  return { folder, words: { NEW: run } };
}

const rows = (each: number): string =>
  Array.from({ length: each }, (_, i) => `a good film number ${i},pos\na bad film number ${i},neg\n`).join('');

const home = (name: Tried['home']): Prepared => homes[name] as Prepared;

const filled = (text: string, { words }: Prepared): string =>
  text.replace(/\$([A-Z]+)/g, (_, name: string) =>
    name === 'GOLDEN' ? fixture('golden') : (words[name] ?? `$${name}`),
  );

/** Everything that comes of a command line, in a copy of its home: what it says, files, and what a second command answers. */
async function outcome(verb: string, row: Tried, line: string): Promise<{ code: number | null; all: string }> {
  const prepared = home(row.home);
  // What is refused changes nothing, so it needs no copy.
  const folder = row.kind === 'refused' ? prepared.folder : temporaryFolder();
  if (row.kind !== 'refused') cpSync(prepared.folder, folder, { recursive: true });
  const before = filesIn(folder);
  const env = environments[row.home] ?? {};
  const split = (text: string) => filled(text, prepared).split(' ').filter(Boolean);
  const until = row.until ? { until: row.until } : {};
  const ran = await pawl(folder, [...verb.split(' '), ...split(line)], { env, ...until });
  const left = [...filesIn(folder)].filter(([path, text]) => before.get(path) !== text);
  const asked = row.asks ? (await pawl(folder, split(row.asks), { env })).stdout : '';
  const files = left.map(([path, text]) => `${path}\n${text}`);
  return { code: ran.code, all: [`exit code ${ran.code}`, ran.stdout, ran.stderr, ...files, asked].join('\n') };
}

const kept = new Map<string, ReturnType<typeof outcome>>();

/** What comes of it without the flag, which several rows ask. */
function without(verb: string, row: Tried): ReturnType<typeof outcome> {
  const key = JSON.stringify([verb, row.home, row.beside, row.asks, String(row.until)]);
  const found = kept.get(key) ?? outcome(verb, row, row.beside);
  kept.set(key, found);
  return found;
}

/** Names of files, and what small ones outside the state folder say. */
function filesIn(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return new Map(
    names.map((name) => {
      const stats = statSync(join(folder, name), { throwIfNoEntry: false });
      const ours = name.startsWith('.pawl') || name.startsWith('reviews.git');
      return [name, stats?.isFile() && !ours ? readFileSync(join(folder, name), 'utf8') : ''];
    }),
  );
}

flags('of every verb have a row each, and no row is left over', () => {
  const wanted = commands.flatMap(({ name, flags: its = [] }) => its.map((flag) => `${name} ${nameOf(flag.flags)}`));
  const shown = Object.entries(flagRows).flatMap(([verb, byFlag]) =>
    Object.entries(byFlag)
      .filter(([, its]) => its.some((row) => row.kind !== 'refused'))
      .map(([flag]) => `${verb} ${flag}`),
  );
  assert.equal(shown.sort(), wanted.sort());
});

const nameOf = (flag: string): string => flag.split(' ')[0] as string;

for (const [verb, byFlag] of Object.entries(flagRows))
  flags(`of ${verb} do something, or are refused`, async () => {
    const wrong: string[] = [];
    for (const [flag, its] of Object.entries(byFlag))
      for (const row of its) {
        const fault = await faultOf(verb, flag, row);
        if (fault !== null) wrong.push(`pawl ${verb}, ${flag}: ${fault}`);
      }
    assert.is(wrong.length, 0, wrong.join('\n\n'));
  });

/** Why a row does not hold, or null. */
async function faultOf(verb: string, flag: string, row: Row): Promise<string | null> {
  if (row.kind === 'elsewhere') {
    const file = join(root, row.test);
    return existsSync(file) && readFileSync(file, 'utf8').includes(row.says) ? null : `${row.test} lacks ${row.says}`;
  }
  if (nameOf(row.added) !== flag) return `its row adds ${row.added}`;
  const given = await outcome(verb, row, `${row.beside} ${row.added}`);
  const line = `${row.beside} ${row.added}`.trim();
  if (row.kind === 'refused')
    return given.code === 2 && given.all.includes(flag) ? null : `${line} is not refused:\n${given.all}`;
  const plain = await without(verb, row);
  const shows = new RegExp(filled(row.shows.source.replaceAll('\\$', '$'), home(row.home)), row.shows.flags);
  const [yes, no] = row.hides === true ? [plain, given] : [given, plain];
  if (!shows.test(yes.all)) return `${line}: no ${shows} in\n${yes.all.slice(0, 3000)}`;
  return shows.test(no.all) ? `${line}: ${shows} with it and without it` : null;
}

flags.run();
