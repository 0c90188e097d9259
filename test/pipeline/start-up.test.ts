import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { verbs } from '../../pipeline/commands/commands.ts';
import { argumentsOf } from '../../scripts/docs/commands.ts';
import { loadedBy } from '../support/loaded-modules.ts';
import { temporaryFolder } from '../support/paths.ts';

/** What takes long to load, and only some commands need. */
const HEAVY = [
  '@aws-sdk/client-s3',
  '@hono/zod-openapi',
  '@huggingface/hub',
  '@huggingface/tokenizers',
  '@octokit/auth-app',
  '@octokit/rest',
  '@tensorflow/tfjs-core',
  'cli-progress',
  'csv-parse',
  'hono',
  'onnxruntime-node',
  'pino',
  'simple-git',
  'tar-stream',
  'undici',
];

const startUp = suite('start-up');

startUp('--version and help load the command line alone', () => {
  for (const args of [['--version'], ['--help'], ['runs', '--help']]) {
    const { own, packages } = loadedBy(temporaryFolder(), args);
    assert.equal([...packages], ['commander'], args.join(' '));
    assert.ok(own.length < 20, `${args.join(' ')} loads ${own.length} modules: ${own.join(' ')}`);
  }
});

startUp('runs list loads what it needs, and no other command', () => {
  const { own, packages } = loadedBy(temporaryFolder(), ['runs', 'list']);
  assert.equal(
    HEAVY.filter((name) => packages.has(name)),
    [],
  );
  assert.ok(packages.has('zod') && own.includes('pipeline/commands/runs-list.js'), 'modules were seen');
  assert.equal(
    own.filter((file) => /^pipeline\/(?:promotion|registry-setup|plots|onnx|sweep\/.*elsewhere)\//.test(file)),
    [],
  );
  const commands = own.filter((file) => file.startsWith('pipeline/commands/'));
  assert.equal(
    commands.toSorted(),
    ['command', 'commands', 'numbers', 'runs-list'].map((f) => `pipeline/commands/${f}.js`),
  );
  assert.ok(own.length < 200, `${own.length} modules`);
});

startUp('the table of verbs says of each what its own module says', async () => {
  for (const verb of verbs) {
    const command = await verb.load();
    const options = (command.flags ?? []).length > 0 || command.json ? ['[options]'] : [];
    assert.is(verb.takes, [...options, ...argumentsOf(command)].join(' '), verb.name);
  }
  assert.is(new Set(verbs.map((verb) => verb.name)).size, verbs.length);
});

startUp.run();
