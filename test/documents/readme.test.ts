import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { executed } from '../support/documents.ts';
import { runBlocks } from '../support/run-blocks.ts';
import { refreshed } from '../support/transcript.ts';

// The first steps of a reader. blocks.slow.ts runs every page.

const ran = suite('every shell block of README, in order');

const readme = executed.flat().filter(({ path }) => path === 'README.md');
const blocks = await runBlocks(ran, readme);

ran('there are such blocks', () => assert.ok(blocks > 0));

ran('a line that no longer comes is found', () => {
  const output = 'run 1s0dv3y40xs7 took 12 ms\nmore\nF1 0.9';
  assert.equal(refreshed('run 1s0dvq2cybb7 took 1.5 s\n\nF1 0.9', output), {
    transcript: 'run 1s0dv3y40xs7 took 12 ms\n\nF1 0.9',
    missing: null,
  });
  assert.is(refreshed('F1 0.9\nmore', output).missing, 'more');
});

ran.run();
