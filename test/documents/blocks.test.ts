import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort, Reader, readyLine } from '../support/document-blocks.ts';
import { blocksOf, contributing, type Document, type PlacedBlock, story } from '../support/documents.ts';

const ran = suite('every shell block of README, tutorial and guides, in order');

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const titleOf = (b: PlacedBlock) => `${b.path}, line ${b.line}: ${b.text.split('\n')[0]}`;

async function runs(reader: Reader, block: PlacedBlock): Promise<void> {
  const { code, output } = await reader.run(block);
  assert.is(code, 0, `${block.text}\nexit code ${code}\n${output}`);
}

async function register(pages: readonly Document[]): Promise<number> {
  const reader = new Reader(await freePort());
  const shell = blocksOf(pages).filter((b) => b.language === 'sh');
  for (const [i, block] of shell.entries()) {
    const ready = readyLine(block);
    const next = shell[i + 1];
    // What asks a server is for a second terminal: it runs while the block before it is up.
    const companion = (b: PlacedBlock | undefined): b is PlacedBlock => b?.text.includes('curl ') === true;
    if (companion(block)) continue;
    ran(titleOf(block), async () => {
      if (!ready) return runs(reader, block);
      let asked = false;
      const { code, output } = await reader.runUntil(block, ready, async () => {
        asked = true;
        if (!companion(next)) return;
        if (hasCurl) await runs(reader, next);
        else process.stdout.write(`SKIPPED ${titleOf(next)}: there is no curl here\n`);
      });
      assert.ok(asked, `it never said ${ready}:\n${output}`);
      assert.is(code, 0, `stopped, it ended with ${code}:\n${output}`);
    });
  }
  return shell.length;
}

const found = [await register(story), await register([contributing])];

ran('there are such blocks', () => {
  assert.ok((found[0] as number) > 15 && (found[1] as number) > 0, String(found));
});

ran.run();
