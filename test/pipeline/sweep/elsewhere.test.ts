import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse, parseAllDocuments } from 'yaml';
import { sweepJob, sweepWorkflow } from '../../../pipeline/sweep/elsewhere.ts';
import { SweepError } from '../../../pipeline/sweep/errors.ts';

const wanted = { id: '0123456789ab', points: 3, parallel: 2 };
const ACTION = `acme/pawl@${'a'.repeat(40)}`;

const s = suite('sweeps on other machines');

s('a workflow has a job for each point, and nothing from outside in a shell line', () => {
  const text = sweepWorkflow(wanted, 'sweeps/first.yaml', ACTION);
  const { jobs } = parse(text) as {
    jobs: { point: { strategy: object; steps: { run?: string; uses?: string }[] } };
  };
  assert.equal(jobs.point.strategy, { 'fail-fast': false, 'max-parallel': 2, matrix: { point: [0, 1, 2] } });
  const run = jobs.point.steps.find((step) => step.run)?.run;
  assert.is(run, 'pawl sweep point sweeps/first.yaml --index "$POINT" --id 0123456789ab');
  assert.ok(jobs.point.steps.some((step) => step.uses === `acme/pawl/.github/actions/pawl@${'a'.repeat(40)}`));
  for (const bad of ['a b.yaml', '$(rm).yaml', 'a;b.yaml'])
    assert.throws(
      () => sweepWorkflow(wanted, bad, ACTION),
      (e: unknown) => e instanceof SweepError,
    );
  assert.throws(
    () => sweepWorkflow({ ...wanted, points: 257 }, 'a.yaml', ACTION),
    (e: unknown) => e instanceof SweepError,
  );
});

s('a Kubernetes Job is indexed, with a completion for each point', () => {
  const options = {
    image: 'registry.example/pawl:1',
    settings: 'model: m\n',
    sweep: 'trainer: nbsvm\n',
    secret: 'log',
  };
  const [map, job] = parseAllDocuments(sweepJob(wanted, options)).map((d) => d.toJS()) as [
    { kind: string; data: object; metadata: { name: string } },
    {
      apiVersion: string;
      kind: string;
      spec: Record<string, unknown> & { template: { spec: Record<string, unknown> } };
    },
  ];
  assert.is(map.kind, 'ConfigMap');
  assert.equal(map.data, { 'pawl.yaml': 'model: m\n', 'sweep.yaml': 'trainer: nbsvm\n' });
  assert.is(`${job.apiVersion} ${job.kind}`, 'batch/v1 Job');
  const { completions, parallelism, completionMode, template } = job.spec;
  assert.equal([completions, parallelism, completionMode], [3, 2, 'Indexed']);
  const [container] = template.spec.containers as { command: string[]; envFrom: object[]; image: string }[];
  assert.equal(container?.command.slice(-3), ['/settings/sweep.yaml', '--id', '0123456789ab']);
  assert.equal(container?.envFrom, [{ secretRef: { name: 'log' } }]);
  assert.is(template.spec.restartPolicy, 'Never'); // a Job allows Never and OnFailure alone
  assert.ok(map.metadata.name.length <= 63, 'names of Jobs become labels');
});

s.run();
