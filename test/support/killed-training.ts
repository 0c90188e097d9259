import { spawn } from 'node:child_process';
import { existsSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from './paths.ts';

// The process dies by SIGKILL: after a step, or while a checkpoint is written.

const script = fileURLToPath(new URL('./train-by-steps.js', import.meta.url));
const common = { backend: 'wasm', maxLength: 16, batch: 4, epochs: 3, learningRate: 2e-3, checkpointSeconds: 0 };
const trainers = {
  distilbert: { model: null, sizes: { vocabulary: 200, width: 16, layers: 2, heads: 2, inner: 32 } },
  rnn: { vocabulary: 200, embedding: 8, hidden: 6 },
};

/** A checkpoint that is being written. */
const PART = /^state\.safetensors\..+/;

const stepOf = (line: string | undefined) => Number(line?.split(' ')[1]);

/** Kills a training and continues it, as tests of a suite. */
export function killedTraining(s: Test, trainer: keyof typeof trainers): void {
  s(`${trainer}: goes on where it was, and ends with the same bytes as one that was left alone`, async () => {
    const digest = (await train(trainer, join(temporaryFolder(), 'alone'), null)).at(-1) as string;
    assert.match(digest, /^digest sha256:/);
    const folder = temporaryFolder();
    const first = await train(trainer, folder, ({ lines }) => lines.length >= 6);
    const second = await train(trainer, folder, ({ lines }) => lines.length >= 7);
    // Half of a checkpoint stays behind when the process dies while it is written.
    const parts = () => readdirSync(folder).filter((name) => PART.test(name));
    let cut: string[] = [];
    let writing = 0;
    for (let attempt = 0; attempt < 20 && writing === 0; attempt++) {
      const mayDie = (seen: Seen) => seen.lines.length >= 1 && PART.test(seen.file ?? '');
      cut = await train(trainer, folder, mayDie);
      if (cut.at(-1)?.startsWith('digest')) break;
      writing = parts().length;
    }
    assert.ok(writing > 0, 'it was killed while it wrote');
    for (const lines of [first, second, cut])
      assert.not.match(lines.at(-1) as string, /digest/, 'it was still training');

    const [left] = parts() as [string];
    const last = await train(trainer, folder, null);
    assert.is(stepOf(first[0]), 1);
    assert.ok(stepOf(second[0]) > 4, `it went on at ${stepOf(second[0])}`);
    assert.ok(stepOf(last[0]) > stepOf(second[0]) + 4, `it went on at ${stepOf(last[0])}`);
    assert.is(last.at(-1), digest);
    assert.not(existsSync(join(folder, left)));
  });

  s(`${trainer}: leaves no parts of checkpoints beside the next one`, async () => {
    const folder = temporaryFolder();
    await train(trainer, folder, ({ lines }) => lines.length >= 4);
    writeFileSync(join(folder, 'state.safetensors.part'), 'half');
    writeFileSync(join(folder, 'best-7.safetensors.part'), 'half');
    await train(trainer, folder, ({ lines }) => lines.length >= 4);
    const names = readdirSync(folder).filter((name) => name.endsWith('.part'));
    assert.equal(names, []);
  });
}

/** Arguments of `killWhen`: the lines so far, and the name of a file that has just appeared or changed. */
type Seen = { readonly lines: readonly string[]; readonly file: string | null };

/** @param killWhen null to let it end @returns its lines */
function train(
  trainer: keyof typeof trainers,
  folder: string,
  killWhen: ((seen: Seen) => boolean) | null,
): Promise<string[]> {
  const settings = JSON.stringify({ ...common, ...trainers[trainer] });
  const child = spawn(process.execPath, [script, trainer, folder, settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const look = (file: string | null) => killWhen?.({ lines, file }) && child.kill('SIGKILL');
  const watcher = killWhen && watch(folder, (_, file) => look(file));
  let rest = '';
  child.stdout.on('data', (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() as string;
    lines.push(...parts);
    look(null);
  });
  return new Promise((resolve) =>
    child.on('close', () => {
      watcher?.close();
      resolve(lines);
    }),
  );
}
