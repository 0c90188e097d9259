import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../support/paths.ts';
import { transcripts } from '../support/run-blocks.ts';
import { asElsewhere, refreshed, transcriptFile } from '../support/transcript.ts';

// docs/transcripts/ has what commands printed. The tests that run the blocks of pages hold it against what they print now.

const shown = suite('what pages show of an output');

for (const { path, line, output, text } of transcripts)
  shown(`${path}, line ${line}: has the lines of docs/transcripts/ as they are (npm run transcripts)`, () => {
    const file = transcriptFile(output ?? '');
    const { transcript, missing } = refreshed(text, readFileSync(join(root, file), 'utf8'));
    assert.is(missing, null, `not in ${file}: ${missing}`);
    assert.fixture(text, transcript);
  });

shown('every file of docs/transcripts/ is shown by a page, and names no folder of the machine that ran it', () => {
  const files = readdirSync(join(root, 'docs/transcripts')).map((file) => `docs/transcripts/${file}`);
  assert.equal(files.sort(), [...new Set(transcripts.map(({ output }) => transcriptFile(output ?? '')))].sort());
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    assert.is(asElsewhere(text), text);
  }
});

shown('a line that no longer comes is found; ids, times and counts may differ', () => {
  const output = 'run 1s0dv3y40xs7 took 12 ms\nmore\nF1 0.9';
  assert.equal(refreshed('run 1s0dvq2cybb7 took 1.5 s\n\nF1 0.9', output), {
    transcript: 'run 1s0dv3y40xs7 took 12 ms\n\nF1 0.9',
    missing: null,
  });
  assert.is(refreshed('F1 0.9\nmore', output).missing, 'more');
});

shown.run();
