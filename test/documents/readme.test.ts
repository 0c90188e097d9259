import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { executed } from '../support/documents.ts';
import { runBlocks } from '../support/run-blocks.ts';

// The first steps of a reader. blocks.slow.ts runs every page.

const ran = suite('every shell block of README, in order');

const readme = executed.flat().filter(({ path }) => path === 'README.md');
const blocks = await runBlocks(ran, readme);

ran('there are such blocks', () => assert.ok(blocks > 0));

ran.run();
