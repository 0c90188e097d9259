import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../registry-repo/digest.ts';
import { RefMovedError } from '../../../registry-repo/git.ts';
import {
  allVerdicts,
  attachedVerdicts,
  attachVerdict,
  findVerdict,
  verdictRef,
} from '../../../registry-repo/verdict/attached.ts';
import { bareRepository } from '../../support/git.ts';
import { rejects } from '../../support/rejects.ts';

const attached = suite('where verdicts are kept');

const verdict = Buffer.from('{"signed":1}');
const start = async () => {
  const git = await bareRepository({ a: 'a' });
  const head = (await git.resolve('refs/heads/main')) as string;
  return { git, head, ref: verdictRef(head, digestOf(verdict)) };
};
const texts = async (list: AsyncIterable<Buffer> | Iterable<Buffer>) => {
  const found: string[] = [];
  for await (const bytes of list) found.push(bytes.toString());
  return found;
};

attached(
  'a ref names a commit, as servers expect of every ref; the same verdict again is the same commit',
  async () => {
    const { git, head, ref } = await start();
    const { oid } = await attachVerdict(git, head, verdict);
    assert.is(await git.typeOf(oid), 'commit');
    assert.is((await attachVerdict(git, head, verdict)).oid, oid);
    assert.is(await git.resolve(ref), oid);
    assert.is((await findVerdict(git, head, digestOf(verdict)))?.toString(), '{"signed":1}');
  },
);

attached('what earlier versions kept, the bytes themselves, is read and left as it is', async () => {
  const { git, head, ref } = await start();
  const blob = await git.writeBlob(verdict);
  await git.updateRefs([{ ref, to: blob, from: null }]);
  await attachVerdict(git, head, verdict);
  assert.is(await git.resolve(ref), blob);
  assert.is((await findVerdict(git, head, digestOf(verdict)))?.toString(), '{"signed":1}');
  assert.equal(await texts(await attachedVerdicts(git, head)), ['{"signed":1}']);
  assert.equal(await texts(allVerdicts(git)), ['{"signed":1}']);
});

attached('anything else that a writer puts there is no verdict, and keeps no other from being read', async () => {
  const { git, head, ref } = await start();
  const { tree } = await git.commit(head);
  await git.updateRefs([
    { ref, to: head, from: null },
    { ref: `refs/pawl/verdicts/${head}/${'e'.repeat(64)}`, to: tree, from: null },
  ]);
  assert.is(await findVerdict(git, head, digestOf(verdict)), null);
  await rejects(attachVerdict(git, head, verdict), RefMovedError);
  const other = Buffer.from('{"signed":2}');
  await attachVerdict(git, head, other);
  assert.equal(await texts(await attachedVerdicts(git, head)), ['{"signed":2}']);
  assert.equal(await texts(allVerdicts(git)), ['{"signed":2}']);
});

attached.run();
