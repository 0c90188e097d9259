import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { unsupportedHost } from '../../pipeline/host.ts';
import { root } from '../support/paths.ts';

const host = suite('what Pawl is started in');

host('Node is told nothing', () => assert.is(unsupportedHost(process.versions), null));

for (const [name, advice] of [
  ['bun', /start it with `node`/],
  ['pnp', /nodeLinker: node-modules/],
] as const)
  host(`${name} is refused with one sentence, before any other module is loaded`, () => {
    const pretend = `data:text/javascript,Object.defineProperty(process.versions,'${name}',{value:'1'})`;
    const args = ['--import', pretend, join(root, 'dist/pipeline/cli.js'), '--version'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal([status, stdout], [3, '']);
    assert.match(stderr, advice);
    assert.is(stderr.trimEnd().split('\n').length, 1);
  });

host.run();
