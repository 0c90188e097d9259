import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { actMissing, runWorkflow } from '../support/act.ts';
import { temporaryFolder } from '../support/paths.ts';
import { workflows } from './files.ts';

// promotion-gate.yml, executed around a stand-in for `pawl` that writes down what it is given: what passes from job to job, and
// what each job can see.

const head = '5f0c'.repeat(10);
const secrets = { PAWL_GATE_KEY: 'key-of-the-gate', PAWL_APP_KEY: 'key-of-the-app', PAWL_READ_ACCESS_KEY_ID: 'reader' };

type Played = {
  readonly jobs: Readonly<Record<string, string>>;
  readonly log: string;
  /** What `pawl gate publish` was given, or null if it never ran. */
  readonly judgement: Buffer | null;
  readonly args: (half: 'evaluate' | 'publish') => string;
  readonly seen: (half: 'evaluate' | 'publish') => string;
};

/** @param evaluate shell lines of `pawl gate evaluate`, with the file to write in `$out`; exit code last */
async function play(evaluate: string, publishCode = 0, payload: unknown = dispatch()): Promise<Played> {
  const folder = temporaryFolder();
  const pawl = join(folder, 'pawl');
  writeFileSync(
    pawl,
    `#!/bin/bash
set -e
half=$2
env > '${folder}'/$half.env
echo "$*" > '${folder}'/$half.args
while [ $# -gt 0 ]; do case $1 in --out|--judgement) out=$2;; esac; shift; done
if [ $half = publish ]; then cp "$out" '${folder}/judgement'; exit ${publishCode}; fi
${evaluate}
`,
  );
  chmodSync(pawl, 0o755);
  const workflow = workflows.find((w) => w.path.endsWith('/promotion-gate.yml'))?.text as string;
  const { jobs, log } = await runWorkflow({
    workflow,
    event: 'workflow_dispatch',
    payload,
    repository: 'team/registry',
    api: 'http://127.0.0.1:9/api/v3',
    pawl,
    secrets,
    variables: { PAWL_APP_ID: '12' },
  });
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : null);
  const text = (name: string) => read(name)?.toString() ?? '';
  return { jobs, log, judgement: read('judgement'), args: (h) => text(`${h}.args`), seen: (h) => text(`${h}.env`) };
}

const dispatch = (inputs: Record<string, string> = {}) => ({
  ref: 'refs/heads/main',
  inputs: { pr: '7', head_sha: head, ...inputs },
});

const gate = suite('promotion-gate.yml, executed');
const missing = actMissing();
if (missing) console.log(`SKIPPED ${missing}: workflows are linted, but not executed`);
/** A test that needs act. */
const executed = (name: string, test: () => Promise<void>): void => {
  if (!missing) gate(name, test);
};

executed('what was counted reaches the other job unchanged, and both halves know what they are about', async () => {
  const run = await play(`printf '{"a":"ü \\n"}' > "$out"`);
  assert.equal(run.jobs, { evaluate: 'success', publish: 'success' }, run.log);
  assert.is(run.judgement?.toString(), '{"a":"ü \n"}');
  for (const half of ['evaluate', 'publish'] as const) {
    assert.match(run.args(half), `gate ${half} --pr 7 --head ${head} --`);
    assert.match(run.seen(half), 'PAWL_REGISTRY_FORGE=github\n');
    assert.match(run.seen(half), 'PAWL_REGISTRY_REPOSITORY=team/registry\n');
    assert.match(run.seen(half), 'PAWL_REGISTRY_API=http://127.0.0.1:9/api/v3\n');
  }
});

executed('attack 56: the half that loads models sees no key that signs or writes', async () => {
  const { seen, log } = await play(`echo '{}' > "$out"`);
  assert.match(seen('publish'), 'PAWL_SECRET_GATE_KEY=key-of-the-gate\n', log);
  assert.match(seen('publish'), 'PAWL_SECRET_APP_KEY=key-of-the-app\n');
  assert.match(seen('publish'), 'PAWL_REGISTRY_APP_ID=12\n');
  assert.not.match(seen('evaluate'), /key-of-the-/);
  assert.match(seen('evaluate'), 'PAWL_SECRET_FORGE_TOKEN=token-of-the-job\n');
  assert.match(seen('evaluate'), 'AWS_ACCESS_KEY_ID=reader\n');
});

executed('attack 10: a scoring that breaks is answered, with nothing to believe', async () => {
  const run = await play('exit 3');
  assert.equal(run.jobs, { evaluate: 'failure', publish: 'success' }, run.log);
  assert.is(run.judgement?.length, 0);
});

executed('attack 49: what a candidate says is no command to the runner', async () => {
  const run = await play(
    `echo '::set-output name=judgement::forged'; echo '::add-path::/tmp/x'; echo '::error::x'; echo '{"true":1}' > "$out"`,
  );
  assert.is(run.judgement?.toString(), '{"true":1}\n', run.log);
});

executed('attack 48: inputs are words, whatever they hold', async () => {
  const pwned = join(temporaryFolder(), 'pwned');
  const run = await play(`echo '{}' > "$out"`, 0, dispatch({ pr: `7"; touch ${pwned}; "$(touch ${pwned})` }));
  assert.not.ok(existsSync(pwned), run.log);
});

executed('attack 63: too much is cut off, in either job', async () => {
  const random = join(temporaryFolder(), 'random');
  writeFileSync(random, randomBytes(200_000));
  const large = await play(`cp '${random}' "$out"`);
  assert.equal(large.jobs, { evaluate: 'failure', publish: 'success' }, large.log);
  assert.is(large.judgement?.length, 0);
  const bomb = await play('head -c 50000000 /dev/zero > "$out"');
  assert.ok(bomb.judgement && bomb.judgement.length <= 16_777_216, `${bomb.judgement?.length}`);
});

executed('a no is an answer; a failure to answer is red', async () => {
  assert.is((await play(`echo '{}' > "$out"`, 1)).jobs.publish, 'success');
  assert.is((await play(`echo '{}' > "$out"`, 3)).jobs.publish, 'failure');
});

gate.run();
