import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FilesLimitError, requireFiles } from '../../pipeline/files-limit.ts';
import { plainEnv } from '../support/cli.ts';
import { root, temporaryFolder } from '../support/paths.ts';

const files = suite('files that a process may have open');
const cli = join(root, 'dist/pipeline/cli.js');

files('are compared with what is needed at the least; an unknown limit is none', () => {
  const fails = (most: number | null) => {
    try {
      requireFiles(most);
      return false;
    } catch (error) {
      return error instanceof FilesLimitError;
    }
  };
  assert.equal([fails(255), fails(256), fails(null)], [true, false, false]);
});

if (!existsSync('/proc/self/limits')) console.log('SKIPPED the limit of this system: it has no /proc/self/limits');
else
  files(
    'too few end a command before it begins, with a sentence that says what is missing; the least are enough',
    () => {
      const folder = temporaryFolder();
      const env = { ...plainEnv(), PAWL_DATA_KIND: 'sample', PAWL_DATA_TRAIN: '60', PAWL_DATA_TEST: '40' };
      const ran = (limit: number, command: string) => {
        const script = `ulimit -n ${limit}; exec "$0" "$1" ${command}`;
        return spawnSync('sh', ['-c', script, process.execPath, cli], { cwd: folder, env, encoding: 'utf8' });
      };
      const few = ran(128, 'up');
      assert.is(few.status, 3);
      assert.match(
        few.stderr,
        /^pawl: this process may have 128 files open at once \(ulimit -n\), 256 is the least: .*\[files_too_few\]\n$/,
      );
      assert.not.ok(existsSync(join(folder, '.pawl')));
      const enough = ran(256, 'train');
      assert.is(enough.status, 0, enough.stderr);
    },
  );

files.run();
