import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDataset } from '../../pipeline/data/load.ts';
import { DataOptions } from '../../pipeline/data/options.ts';
import { endable } from '../../pipeline/endable.ts';
import { pawl, plainEnv, start, stopAll } from '../support/cli.ts';
import { root, temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';
import { sampleSettings } from '../support/sample-settings.ts';

const attacks = suite('attacks by work that is deaf');
attacks.after(stopAll);

/** Makes a command compute for ever, without a turn of its event loop, at the file `deaf.onnx`. */
const DEAF = `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const read = fs.readFileSync;
fs.readFileSync = (path, ...more) => {
  if (!String(path).endsWith("deaf.onnx")) return read(path, ...more);
  fs.writeSync(2, "deaf");
  for (;;);
};
syncBuiltinESMExports();`;

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  attacks(`attack 84: a command that reads is ended by ${signal}, whatever it computes`, async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'deaf.onnx'), 'x');
    const child = start(folder, ['model', 'show', 'deaf.onnx'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(DEAF)}`,
    });
    let said = '';
    for await (const chunk of child.stderr ?? []) {
      said += chunk;
      if (said.includes('deaf')) break;
    }
    // Were it not ended, this would wait for ever, and the runner would name this test.
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    assert.is(child.signalCode, signal);
  });

/** Makes a command compute for ever, once it takes a digest within a function of that name. */
const deafIn = (name: string): string => `import crypto from "node:crypto";
import { writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const createHash = crypto.createHash;
crypto.createHash = (...more) => {
  if (!new Error().stack.includes(" ${name} ")) return createHash(...more);
  writeSync(2, "deaf");
  for (;;);
};
Error.stackTraceLimit = 50;
syncBuiltinESMExports();`;

attacks('attack 84: a command that has something to finish is ended while it computes, too', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(120));
  const trained = await pawl(folder, ['train', '--json']);
  const { run } = JSON.parse(trained.stdout) as { run: string };
  for (const [command, within] of [
    [['train'], 'factsOf'],
    [['evaluate', run], 'bootstrapF1'],
  ] as const) {
    const child = start(folder, command, {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(deafIn(within))}`,
    });
    let said = '';
    for await (const chunk of child.stderr ?? []) {
      said += chunk;
      if (said.includes('deaf')) break;
    }
    assert.match(said, 'deaf', `${command[0]} never came to ${within}`);
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    assert.is(child.signalCode, 'SIGTERM', command[0]);
  }
});

attacks('attack 84: after it has computed, a command listens as before', async () => {
  const heard: string[] = [];
  const listener = () => heard.push('SIGTERM');
  process.on('SIGTERM', listener);
  assert.is(await endable(undefined, () => process.listenerCount('SIGTERM')), 0);
  await rejects(
    endable(undefined, () => {
      throw new Error('wrong');
    }),
    Error,
  );
  process.kill(process.pid, 'SIGTERM');
  for (let i = 0; heard.length === 0 && i < 1000; i++) await new Promise((resolve) => setImmediate(resolve));
  process.off('SIGTERM', listener);
  assert.equal(heard, ['SIGTERM']);
});

attacks('attack 84: between any two steps with a data set a command listens', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'rows.csv'), `text,label\n${'good,a\nbad,b\n'.repeat(50)}`);
  const options = DataOptions.parse({ kind: 'csv', train: 'rows.csv', test: 'rows.csv' });
  const stoppedAt = async (last: number): Promise<number> => {
    const controller = new AbortController();
    const { signal } = controller;
    let looks = 0;
    signal.throwIfAborted = () => {
      if (++looks === last) controller.abort(new Error('stopped'));
      if (signal.aborted) throw signal.reason;
    };
    const loading = loadDataset(options, { folder, cacheFolder: folder, signal });
    if (last === 0) await loading;
    else assert.match((await rejects(loading, Error)).message, /stopped/);
    return looks;
  };
  const all = await stoppedAt(0);
  assert.ok(all >= 6, `${all} looks at the signal`);
  for (let last = 1; last <= all; last++) assert.is(await stoppedAt(last), last, 'and does no step more');
});

attacks('attack 84: a command that is told to end before it listens does nothing', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(60));
  const child = spawn(process.execPath, [join(root, 'dist/pipeline/cli.js'), 'train'], {
    ...{ cwd: folder, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: plainEnv() },
  });
  child.disconnect();
  const [code] = await once(child, 'exit');
  assert.is(code, 130);
});

attacks.run();
