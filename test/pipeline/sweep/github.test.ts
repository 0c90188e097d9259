import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { SweepError } from '../../../pipeline/sweep/errors.ts';
import { sweepWorkflow } from '../../../pipeline/sweep/github.ts';

const wanted = { id: '0123456789ab', points: 3, parallel: 2, variables: [] };
const ACTION = `acme/pawl@${'a'.repeat(40)}`;
const place = { sweep: 'sweeps/first.yaml', settings: 'pawl.yaml', bucket: false };

type Step = { run?: string; uses?: string; env?: Record<string, string> };
const jobOf = (text: string) => (parse(text) as { jobs: { point: { strategy: object; steps: Step[] } } }).jobs.point;
const trainOf = (text: string): Step => jobOf(text).steps.find((step) => step.run) as Step;
const refused = (work: () => unknown, why: RegExp) =>
  assert.throws(work, (e: unknown) => e instanceof SweepError && why.test(e.message));

const s = suite('a sweep on GitHub');

s('has a job for each point, and nothing from outside in a shell line', () => {
  const text = sweepWorkflow(wanted, place, ACTION);
  assert.equal(jobOf(text).strategy, { 'fail-fast': false, 'max-parallel': 2, matrix: { point: [0, 1, 2] } });
  assert.is(trainOf(text).run, 'pawl sweep point sweeps/first.yaml --index "$POINT" --id 0123456789ab');
  assert.ok(jobOf(text).steps.some((step) => step.uses === `acme/pawl/.github/actions/pawl@${'a'.repeat(40)}`));
  for (const sweep of ['a b.yaml', '$(rm).yaml', 'a;b.yaml', '-x.yaml'])
    refused(() => sweepWorkflow(wanted, { ...place, sweep }, ACTION), /name the file in letters/);
  for (const sweep of ['/etc/sweep.yaml', '../sweep.yaml', 'a/../../b.yaml'])
    refused(() => sweepWorkflow(wanted, { ...place, sweep }, ACTION), /outside this folder/);
  refused(() => sweepWorkflow({ ...wanted, points: 257 }, place, ACTION), /256 jobs at most/);
});

s('gets settings that no file holds, another settings’ file, and a key for a bucket', () => {
  const variables = [
    ['PAWL_REGISTRY_APP_ID', '7'],
    ['PAWL_MODEL', 'a "quoted": model'],
  ] as const;
  const text = sweepWorkflow({ ...wanted, variables }, { ...place, settings: 'ci/pawl.yaml', bucket: true }, ACTION);
  const { env = {}, run } = trainOf(text);
  assert.is(env.PAWL_MODEL, 'a "quoted": model');
  assert.match(env.PAWL_REGISTRY_APP_ID ?? '', /vars\.PAWL_APP_ID/, 'the App is the repository’s');
  assert.match(env.AWS_SECRET_ACCESS_KEY ?? '', /secrets\.AWS_SECRET_ACCESS_KEY/);
  assert.match(run ?? '', /^pawl --config ci\/pawl\.yaml sweep point /);
  const computed = [['PAWL_MODEL', '$' + '{{ secrets.X }}']] as const;
  refused(() => sweepWorkflow({ ...wanted, variables: computed }, place, ACTION), /put it into pawl\.yaml/);
});

s.run();
