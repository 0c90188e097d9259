import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../../../support/paths.ts';

// The process dies by SIGKILL, somewhere in a step or while a checkpoint is written.

const script = fileURLToPath(new URL('../../../support/train-transformer.js', import.meta.url));
const settings = JSON.stringify({
  ...{ model: null, backend: 'wasm', maxLength: 16, batch: 4, epochs: 3, learningRate: 2e-3, checkpointSeconds: 0 },
  sizes: { vocabulary: 200, width: 16, layers: 2, heads: 2, inner: 32 },
});

/** @param killAfter lines, or null to let it end @returns its lines */
function train(folder: string, killAfter: number | null): Promise<string[]> {
  const child = spawn(process.execPath, [script, folder, settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() as string;
    lines.push(...parts);
    if (killAfter !== null && lines.length >= killAfter) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.on('close', () => resolve(lines)));
}

const s = suite('a training that is killed');

s('goes on where it was, and ends with the same bytes as one that was left alone', async () => {
  const whole = await train(join(temporaryFolder(), 'alone'), null);
  const digest = whole.at(-1) as string;
  assert.match(digest, /^digest sha256:/);
  const folder = join(temporaryFolder(), 'killed');
  const first = await train(folder, 6);
  const second = await train(folder, 7);
  const third = await train(folder, null);
  for (const cut of [first, second])
    assert.not(
      cut.some((line) => line.startsWith('digest')),
      'it was still training',
    );
  const at = (lines: readonly string[]) => Number(lines[0]?.split(' ')[1]);
  assert.is(at(first), 1);
  assert.ok(at(second) > 4 && at(third) > at(second) + 4, `it went on at ${at(second)}, then at ${at(third)}`);
  assert.is(third.at(-1), digest);
});

s.run();
