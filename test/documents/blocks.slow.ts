import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { executed } from '../support/documents.ts';
import { held, runBlocks, transcripts } from '../support/run-blocks.ts';

// What readers type, page after page, by a real shell. The fast tests run README's blocks alone.

const ran = suite('every shell block of README, tutorial and guides, in order');

const found: number[] = [];
for (const pages of executed) found.push(await runBlocks(ran, pages));

ran('there are such blocks, and what they print is shown as it is', () => {
  assert.ok(found.every((blocks) => blocks > 0) && Math.max(...found) > 15, String(found));
  assert.ok(transcripts.length > 3);
  for (const transcript of transcripts)
    assert.ok(held.has(transcript), `${transcript.path}, line ${transcript.line}: no block prints it`);
});

ran.run();
