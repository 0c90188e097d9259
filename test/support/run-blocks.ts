import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort, Reader, readyLine } from './document-blocks.ts';
import { blocksOf, type Document, executed, type PlacedBlock } from './documents.ts';
import { root } from './paths.ts';
import { refreshed, transcriptFile } from './transcript.ts';

/**
 * Makes a test of every shell block of some pages, in order, as one reader would run them.
 *
 * @returns how many there are
 */
export async function runBlocks(ran: Test, pages: readonly Document[]): Promise<number> {
  const reader = new Reader(await freePort());
  const blocks = blocksOf(pages).filter((b) => b.language === 'sh' || b.output !== null);
  const shell = blocks.filter((b) => b.language === 'sh');
  for (const [i, block] of shell.entries()) {
    const ready = readyLine(block);
    const next = shell[i + 1];
    const shown = shownAfter(block, blocks[blocks.indexOf(block) + 1]);
    // Blocks that send requests to a server are for a second terminal: they run while the block before is running.
    const companion = (b: PlacedBlock | undefined): b is PlacedBlock => b?.text.includes('curl ') === true;
    if (companion(block)) continue;
    ran(titleOf(block), async () => {
      if (!ready) return compare(shown, await runs(reader, block));
      let asked = false;
      const { code, output } = await reader.runUntil(block, ready, async () => {
        asked = true;
        if (!companion(next)) return;
        if (hasCurl) await runs(reader, next);
        else process.stdout.write(`SKIPPED ${titleOf(next)}: there is no curl here\n`);
      });
      assert.ok(asked, `it never said ${ready}:\n${output}`);
      assert.is(code, 0, `stopped, it ended with ${code}:\n${output}`);
      compare(shown, output);
    });
  }
  return shell.length;
}

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const titleOf = (b: PlacedBlock) => `${b.path}, line ${b.line}: ${b.text.split('\n')[0]}`;

async function runs(reader: Reader, block: PlacedBlock): Promise<string> {
  const { code, output } = await reader.run(block);
  assert.is(code, 0, `${block.text}\nexit code ${code}\n${output}`);
  return output;
}

/** Every block that shows what another prints. */
export const transcripts = blocksOf(executed.flat()).filter((b) => b.output !== null);
/** Those that a block has printed. */
export const held = new Set<PlacedBlock>();

/**
 * Checks that a block prints what docs/transcripts/ has of it. A fast test holds what pages show against that. Other
 * pages that show it use the same name as the block's own page.
 */
function compare(shown: PlacedBlock | undefined, output: string): void {
  if (!shown?.output) return;
  const file = transcriptFile(shown.output);
  const { missing } = refreshed(readFileSync(join(root, file), 'utf8'), output);
  assert.is(missing, null, `${file}: not in the output (npm run transcripts):\n${missing}\n\n${output}`);
  for (const transcript of transcripts.filter((t) => t.output === shown.output)) held.add(transcript);
}

/** The block after a shell block, if it shows what that prints: no heading stands between the two. */
function shownAfter(block: PlacedBlock, next: PlacedBlock | undefined): PlacedBlock | undefined {
  if (!next?.output || next.path !== block.path) return undefined;
  const lines =
    executed
      .flat()
      .find(({ path }) => path === block.path)
      ?.text.split('\n') ?? [];
  const between = lines.slice(block.line + block.text.split('\n').length, next.line - 1);
  return between.some((line) => line.startsWith('#')) ? undefined : next;
}
