import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Block, freePort, Reader, readyLine } from '../../test/support/document-blocks.ts';
import { blocksOf, executed } from '../../test/support/documents.ts';
import { root } from '../../test/support/paths.ts';
import { asElsewhere, refreshed, transcriptFile } from '../../test/support/transcript.ts';

// `npm run transcripts`: runs the blocks of the tutorial whose output pages show, writes what they print into
// docs/transcripts/, and the lines that pages show of it into these pages. Where a line has changed by more than ids, times and
// counts it says so: change the page by hand, and run it again.

/** A copy of the repository has a commit, which runs name. */
const COPY = `git init --quiet && echo .pawl/ > .gitignore && git add .
git -c user.name=You -c user.email=you@example.org commit --quiet --message copy
`;

const reader = new Reader(await freePort());
await reader.run({ language: 'sh', text: COPY, line: 0, output: null });
const outputs = new Map<string, string>();
const blocks = blocksOf(executed.flat()).filter(({ path }) => path === 'docs/tutorial.md');
const last = blocks.findLastIndex((b) => b.output !== null);
for (const [i, block] of blocks.slice(0, last).entries()) {
  if (block.language !== 'sh') continue;
  const output = await outputOf(block);
  const shown = blocks[i + 1]?.output;
  if (shown) outputs.set(shown, asElsewhere(output));
}

for (const [name, output] of outputs) {
  const file = join(root, transcriptFile(name));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, output);
}

for (const { path, text } of executed.flat()) {
  const now = text.replace(
    /(<!-- output: (.+) -->\n```text\n)([\s\S]*?)(?=```\n<!-- \/output -->)/g,
    (_, marker: string, name: string, transcript: string) => {
      const { transcript: fresh, missing } = refreshed(transcript, outputs.get(name) ?? '');
      if (missing === null) return marker + fresh;
      process.stderr.write(`${path}: not in the output "${name}":\n${missing}\n`);
      process.exitCode = 1;
      return marker + transcript;
    },
  );
  if (now !== readFileSync(join(root, path), 'utf8')) writeFileSync(join(root, path), now);
}

async function outputOf(block: Block): Promise<string> {
  const ready = readyLine(block);
  const { code, output } = ready ? await reader.runUntil(block, ready, async () => {}) : await reader.run(block);
  if (code !== 0) throw new Error(`${block.text}ended with ${code}:\n${output}`);
  // How a stopped server ends is in no order: its log and its messages are of two kinds.
  return ready
    ? output.replace(/^stopping\n[\s\S]*$/m, '').replace(/^\{[^\n]*"msg":"stopp(?:ing|ed)"\}\n/gm, '')
    : output;
}
