import { readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

// A scoring process that does everything it should not, as the file `mode` in its folder says.

const folder = process.argv[2] as string;
const say = (text: string) => {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(3, bytes, at);
};
const measured = {
  candidate: [[1]],
  baseline: null,
  onlyCandidateRight: null,
  onlyBaselineRight: null,
  goldenDifference: 0,
};
const answer = (over: object) =>
  JSON.stringify({ kind: 'scored', measured, versions: { onnxruntime: '', node: '' }, ...over });
const spin = (): never => {
  for (;;);
};

const modes: Record<string, () => unknown> = {
  look: () => {
    const seen = { env: process.env, cwd: readdirSync('.'), args: process.argv.length };
    writeFileSync(join(folder, 'seen.json'), JSON.stringify(seen));
    say(answer({}));
  },
  abort: () => process.abort(),
  'die of its heap': () => {
    process.stderr.write('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n');
    process.abort();
  },
  'get no memory': () => {
    process.stderr.write('# Fatal process OOM in Failed to reserve virtual memory for CodeRange\n');
    process.abort();
  },
  'be killed': () => {
    process.kill(process.pid, 'SIGKILL');
    spin();
  },
  segfault: () => process.kill(process.pid, 'SIGSEGV'),
  'exit 3': () => {
    say(answer({}));
    process.exit(3);
  },
  'say nothing': () => process.exit(0),
  'say garbage': () => say('{"kind":"scored"'),
  'say too much': () => say(`"${'x'.repeat(40 * 1024 * 1024)}"`),
  'say it twice': () => say(answer({}) + answer({})),
  'pass without counts': () => say(answer({ measured: { ...measured, candidate: [[null]] } })),
  'decide itself': () => say(answer({ result: 'pass' })),
  hang: spin,
  'answer and hang': () => {
    say(answer({}));
    writeFileSync(join(folder, 'answered'), '');
    spin();
  },
  'eat memory': () => {
    const eaten: Buffer[] = [];
    for (;;) eaten.push(Buffer.alloc(20_000_000, eaten.length + 1));
  },
  spike: () => {
    Buffer.alloc(600_000_000, 1);
    say(answer({}));
  },
  throw: () => {
    throw new Error('a secret of the rows');
  },
};

modes[readFileSync(join(folder, 'mode'), 'utf8')]?.();
