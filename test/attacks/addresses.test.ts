import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../pipeline/config/config-error.ts';
import { loadConfig } from '../../pipeline/config/load.ts';
import { PushUnknownError, pushTrigger } from '../../pipeline/triggers/push.ts';
import { json, pawl } from '../support/cli-here.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';

/** Every setting that is an address, with what else it takes to be read. */
const ADDRESSES = {
  'hub.endpoint': [],
  'data.url': ['data.kind=imdb'],
  'artifacts.s3.endpoint': [],
  'registry.api': [],
  'events.repository': [],
  'watch.repository': [],
} as const;

const SECRETS = [
  'https://user:hunter2@example.org/api',
  'https://hunter2@example.org/api',
  'https://example.org/api?token=hunter2',
  'https://example.org/api#hunter2',
];

const split = (assignment: string, flag = assignment) => {
  const at = assignment.indexOf('=');
  return { path: assignment.slice(0, at), text: assignment.slice(at + 1), flag };
};

function load(...assignments: readonly string[]) {
  const flags = assignments.map((assignment) => split(assignment, '--set'));
  return loadConfig({ file: undefined, folder: temporaryFolder(), env: {}, flags });
}

function refusal(work: () => unknown): ConfigError {
  try {
    work();
  } catch (error) {
    assert.instance(error, ConfigError);
    return error as ConfigError;
  }
  throw new Error('was not refused');
}

const attacks = suite('attacks with secrets in addresses');

for (const [setting, more] of Object.entries(ADDRESSES))
  attacks(`attack 86: ${setting} holds no credentials, and no message repeats them`, () => {
    for (const address of SECRETS) {
      const { message, problems } = refusal(() => load(...more, `${setting}=${address}`));
      assert.equal(
        problems.map(({ path }) => path),
        [setting],
      );
      assert.not.match(message, /hunter2/);
    }
  });

attacks('attack 86: what is no address at all is not repeated where it looks like a password', () => {
  for (const address of [
    'user:hunter2@example.org',
    'https://user:hun/hunter2@example.org:x',
    'ftp://u:hunter2@example.org',
    '//user:hunter2@example.org',
    'https:/\\user:hunter2@example.org',
    'https:user:hunter2@example.org:x',
    'https://user:"hunter2"@example.org:x',
    'https:example.org:x?token=hunter2',
  ])
    for (const [setting, more] of Object.entries(ADDRESSES)) {
      if (setting.endsWith('.repository')) continue; // there it is a path
      assert.not.match(refusal(() => load(...more, `${setting}=${address}`)).message, /hunter2/, setting);
    }
});

attacks('attack 86: nor does a list of addresses hold any', () => {
  for (const address of SECRETS) {
    const { message, problems } = refusal(() => load(`watch.addresses=["https://example.org/rows.csv","${address}"]`));
    assert.equal(
      problems.map(({ path }) => path),
      ['watch.addresses.1'],
    );
    assert.not.match(message, /hunter2/);
  }
});

attacks('attack 86: addresses without secrets are taken, on any host and port', () => {
  const { hub, artifacts, registry, events } = load(
    'hub.endpoint=http://mirror.example.org:8080/hub',
    'artifacts.s3.endpoint=http://minio:9000',
    'registry.api=https://git.example.org/api/v1',
    'events.repository=ssh://git@example.org/team/log.git',
  ).config;
  assert.is(hub.endpoint, 'http://mirror.example.org:8080/hub');
  assert.is(artifacts.s3.endpoint, 'http://minio:9000');
  assert.is(registry.api, 'https://git.example.org/api/v1');
  assert.is(events.repository, 'ssh://git@example.org/team/log.git');
});

attacks('attack 86: the command line refuses it as wrong usage, without repeating it', async () => {
  const args = ['--set', 'hub.endpoint=https://user:hunter2@example.org', 'config'];
  const { code, stdout, stderr } = await pawl(temporaryFolder(), args);
  assert.is(code, 2);
  assert.match(stderr, /hub\.endpoint.*credentials/s);
  assert.not.match(stdout + stderr, /hunter2/);
  assert.ok(await json(temporaryFolder(), ['config']));
});

attacks('attack 86: no server of a job goes into an event with its credentials', async () => {
  const job = {
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: 'org/reviews',
    GITHUB_REF_NAME: 'main',
    GITHUB_SHA: 'a'.repeat(40),
  };
  const nobody = { head: async () => null };
  const env = { ...job, GITHUB_SERVER_URL: 'https://user:hunter2@example.org' };
  const { message } = await rejects(pushTrigger(env, nobody), PushUnknownError);
  assert.not.match(message, /hunter2/);
});

attacks('attack 86: an address in place of a folder is not repeated with its password', async () => {
  for (const address of ['https://user:hunter2@example.org/x', 'https:/\\user:hunter2@example.org/x'])
    for (const args of [
      ['hook', 'install'],
      ['watch', '--once'],
    ]) {
      const { code, stdout, stderr } = await pawl(temporaryFolder(), [...args, '--repo', address]);
      assert.not.equal(code, 0);
      assert.match(stderr, /example\.org|credentials/);
      assert.not.match(stdout + stderr, /hunter2/);
    }
});

attacks.run();
