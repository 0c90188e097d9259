import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SweepError } from '../../../pipeline/sweep/errors.ts';
import { sweepJob } from '../../../pipeline/sweep/kubernetes.ts';
import { JOB, OPTIONS } from '../../doubles/kubernetes/job.ts';
import { manifestOf } from '../../doubles/kubernetes/manifest.ts';

const refused = (over: object) =>
  assert.throws(
    () => sweepJob(JOB, { ...OPTIONS, ...over }),
    (e: unknown) => e instanceof SweepError,
  );

const s = suite('a sweep on Kubernetes');

s('is an Indexed Job with a completion for each point; wrong settings are not tried again', () => {
  const { job, configMap } = manifestOf(sweepJob(JOB, OPTIONS));
  assert.equal(configMap.data, { 'pawl.yaml': 'model: m\n', 'sweep.yaml': 'trainer: nbsvm\n' });
  const { completions, parallelism, completionMode, backoffLimitPerIndex, podFailurePolicy } = job.spec;
  assert.equal([completions, parallelism, completionMode, backoffLimitPerIndex], [3, 2, 'Indexed', 1]);
  assert.equal(podFailurePolicy.rules[0], {
    action: 'FailIndex',
    onExitCodes: { containerName: 'point', operator: 'In', values: [2] },
  });
  assert.ok(job.metadata.name.length <= 63, 'names of Jobs become labels');
});

s('has pods that are nobody, write where they may, and have the room that they need', () => {
  const { spec } = manifestOf(sweepJob(JOB, OPTIONS)).job.spec.template;
  assert.equal([spec.restartPolicy, spec.automountServiceAccountToken], ['Never', false]);
  assert.ok(spec.securityContext.runAsNonRoot);
  const [point] = spec.containers;
  assert.ok(point?.securityContext.readOnlyRootFilesystem);
  assert.equal(point?.resources, { requests: { cpu: '2', memory: '2000Mi' }, limits: { memory: '2000Mi' } });
  assert.equal(point?.envFrom, [{ secretRef: { name: 'log' } }]);
  assert.is(point?.env.find(({ name }) => name === 'PAWL_MODEL')?.value, 'is $$(HOME)', 'Kubernetes would fill it in');
  assert.equal(
    point?.volumeMounts.map(({ mountPath, readOnly }) => `${mountPath}${readOnly ? ' ro' : ''}`),
    ['/project/pawl.yaml ro', '/project/sweep.yaml ro', '/project/.pawl', '/tmp', '/project/data ro'],
  );
});

s('what Kubernetes does not take is refused', () => {
  refused({ secret: 'Log' });
  refused({ volume: { claim: 'a_b', folder: 'data' } });
  refused({ sweep: 'x'.repeat(1_000_001) });
});

s.run();
