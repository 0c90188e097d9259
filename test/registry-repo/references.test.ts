import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../registry-repo/digest.ts';
import { MalformedFileError } from '../../registry-repo/errors.ts';
import { referencedArtifacts } from '../../registry-repo/references.ts';
import { printRows } from '../../registry-repo/rows.ts';
import { rowsFor } from '../support/models.ts';
import { type Candidate, candidateOf, evaluationSet, MODEL, TestRegistry } from '../support/registry.ts';
import { rejects } from '../support/rejects.ts';

const references = suite<{ test: TestRegistry }>('what a registry refers to');
references.before.each(async (context) => {
  context.test = await TestRegistry.create();
});
const found = async (test: TestRegistry) => referencedArtifacts(test.git, await test.main());
const filesOf = ({ files }: Candidate) => [...files.values()].map((bytes) => digestOf(bytes));

references('files of every version, and evaluation rows of all times', async ({ test }) => {
  const [first, second] = [candidateOf(9), candidateOf(10)];
  await test.promote(first, 1);
  await test.promote(second, 2);
  const later = rowsFor('later');
  await test.pushToMain({ 'evaluation/reviews.json': evaluationSet(later) });
  const expected = [...filesOf(first), ...filesOf(second), digestOf(printRows(test.rows)), digestOf(printRows(later))];
  assert.equal([...(await found(test))].sort(), [...new Set(expected)].sort());
});

references('files of what is only proposed, as far as it can be read', async ({ test }) => {
  const waiting = candidateOf(8);
  const head = await test.propose(waiting, { version: 1 });
  const rubbish = await test.propose(candidateOf(7), {
    version: 2,
    extra: { [`models/${MODEL}/versions/2/manifest.json`]: '{' },
  });
  await test.git.updateRefs([
    { ref: 'refs/heads/promote/sentiment/1', to: head, from: null },
    { ref: 'refs/pull/2/head', to: rubbish, from: null },
    {
      ref: 'refs/heads/Not/A/Name',
      to: await test.commit(await test.main(), { 'models/A B/versions/1/manifest.json': '' }),
      from: null,
    },
  ]);
  const digests = await found(test);
  for (const digest of filesOf(waiting)) assert.ok(digests.has(digest));
  assert.not(digests.has(filesOf(candidateOf(7))[0] as string));
});

references('nothing at all, if main itself cannot be read', async ({ test }) => {
  await test.pushToMain({ [`models/${MODEL}/versions/1/manifest.json`]: '{}\n' });
  await rejects(found(test), MalformedFileError);
});

references.run();
