import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sweepJob } from '../../../pipeline/sweep/kubernetes.ts';
import { JOB, OPTIONS } from '../../doubles/kubernetes/job.ts';
import { readStrictly, strictReader } from '../../doubles/kubernetes/strict.ts';

const s = suite('a sweep’s manifest, strictly');

const reader = strictReader();
if (typeof reader === 'string') console.log(`SKIPPED ${reader}: manifests are not read as Kubernetes’ own types`);
else
  s('is read by Kubernetes’ own types, which know every field of it, and no other', () => {
    const text = sweepJob(JOB, OPTIONS);
    assert.equal(readStrictly(reader, text), { code: 0, output: 'ConfigMap\nJob\n' });
    const least = { ...OPTIONS, secret: null, volume: null, memoryMegabytes: null };
    assert.is(readStrictly(reader, sweepJob(JOB, least)).code, 0);
    assert.match(
      readStrictly(reader, text.replace('backoffLimitPerIndex', 'backoffLimitPerPoint')).output,
      'unknown field',
    );
    assert.match(readStrictly(reader, text.replace('subPath:', 'subPth:')).output, 'unknown field');
    assert.is.not(readStrictly(reader, text.replace('completions: 3', 'completions: three')).code, 0);
  });

s.run();
