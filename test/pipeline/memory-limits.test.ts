import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryLimitError, requireMemory } from '../../pipeline/memory-limits.ts';
import { diedOfMemory } from '../../registry-repo/out-of-memory.ts';
import { pawl } from '../support/cli.ts';
import { root, temporaryFolder } from '../support/paths.ts';

const memory = suite('memory that a process may have');
const cli = join(root, 'dist/pipeline/cli.js');
const env = { PAWL_DATA_KIND: 'sample' };

memory('is compared with what is needed at the least', () => {
  const none = { heap: Number.POSITIVE_INFINITY, addresses: Number.POSITIVE_INFINITY };
  const fails = (has: Partial<typeof none>, use: 'computes' | 'serves') => {
    try {
      requireMemory(use, { ...none, ...has });
      return false;
    } catch (error) {
      return error instanceof MemoryLimitError;
    }
  };
  assert.equal(
    [fails({}, 'serves'), fails({ heap: 127e6 }, 'computes'), fails({ heap: 129e6 }, 'computes')],
    [false, true, false],
  );
  assert.equal([fails({ addresses: 4e9 }, 'computes'), fails({ addresses: 4e9 }, 'serves')], [false, true]);
});

memory('too small a heap ends a command before it begins, with a sentence that helps', async () => {
  const small = { env: { ...env, NODE_OPTIONS: '--max-old-space-size=24' } };
  const ran = await pawl(temporaryFolder(), ['train'], small);
  assert.is(ran.code, 3, ran.stderr);
  assert.match(ran.stderr, /MB is the least: give Node more heap, e\.g\. NODE_OPTIONS=--max-old-space-size=4096/);
  assert.match(ran.stderr, '[memory_too_small]');
  assert.is(
    (await pawl(temporaryFolder(), ['train'], { env: { ...env, NODE_OPTIONS: '--max-old-space-size=4096' } })).code,
    0,
  );
});

if (process.platform === 'linux')
  memory('so do too few addresses, for whoever needs them', () => {
    const bounded = (args: string) =>
      spawnSync('sh', ['-c', `ulimit -v 4000000 && exec "${process.execPath}" "${cli}" ${args}`], {
        cwd: temporaryFolder(),
        env: { ...process.env, ...env },
        encoding: 'utf8',
      });
    const up = bounded('up --port 0');
    assert.equal([up.status, /ulimit -v unlimited.*\[memory_too_small\]/.test(up.stderr)], [3, true], up.stderr);
    assert.is(bounded('config').status, 0);
  });
else console.log('SKIPPED a bound on addresses: only Linux tells it');

memory('what nobody caught ends a command as a failure, which is not the answer no', async () => {
  const late = `process.on("newListener",(name)=>{if(name==="uncaughtException")setImmediate(()=>{throw(new(Error)("late"))})})`;
  const ran = await pawl(temporaryFolder(), ['config'], {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(late)}` },
  });
  assert.is(ran.code, 3, ran.stderr);
  assert.match(ran.stderr, /late[\s\S]*\[internal\]/);
});

memory('what V8 says last is told from other ends', () => {
  const grow = 'const all = []; for (;;) all.push(new Array(1e4).fill(all.length))';
  const { stderr } = spawnSync(process.execPath, ['--max-old-space-size=16', '-e', grow], { encoding: 'utf8' });
  assert.is(diedOfMemory(stderr), 'heap');
  assert.is(diedOfMemory('# Fatal process OOM in Failed to reserve virtual memory for CodeRange'), 'system');
  assert.is(
    diedOfMemory('RangeError: WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory'),
    'system',
  );
  assert.is(diedOfMemory('Error: no such file'), null);
});

memory.run();
