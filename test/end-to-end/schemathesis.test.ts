import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, printed, start, stopAll } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';
import { PATIENCE_MS } from '../support/until.ts';

// The server against its own description, asked by a generator that others wrote (https://schemathesis.io).

const program = process.env.PAWL_TEST_SCHEMATHESIS;
if (!program)
  console.log('SKIPPED the server against its own description: PAWL_TEST_SCHEMATHESIS names no schemathesis');

/** What a request may be refused with; of 413 and 421 the generator does not know by itself. */
const CONFIG = `[checks.negative_data_rejection]
expected-statuses = [400, 401, 404, 413, 415, 421, 422, 429, "5xx"]
`;
const SETTINGS = `data: { kind: sample, train: 1500, test: 400 }
policy: { minimum: 0.8 }
server: { port: 0 }
`;
/** Seconds of one run; a longer one is a matter of `PAWL_TEST_SCHEMATHESIS_SECONDS`. */
const SECONDS = process.env.PAWL_TEST_SCHEMATHESIS_SECONDS ?? '30';
const SECRET = '0123456789abcdef0123';

const described = suite('the server is as it describes itself');
described.after(stopAll);

if (program)
  described('whatever is asked, no answer is a fault, undocumented, or of another shape', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'pawl.yaml'), SETTINGS);
    writeFileSync(join(folder, 'schemathesis.toml'), CONFIG);
    for (const args of [['registry', 'init'], ['train'], ['promote']]) await json(folder, args);
    const server = start(folder, ['serve'], { PAWL_SECRET_WEBHOOK: SECRET });
    const url = (await printed(server, /listening on (http:\S+)/))[1] as string;
    await printed(server, /sentiment v1 answers/);
    const args = ['run', `${url}/openapi.json`, '--checks', 'all', '--continue-on-failure', '--no-color'];
    const bounds = ['--max-time', SECONDS, '--seed', '1', '--suppress-health-check', 'all'];
    const { stdout, status } = spawnSync(program, [...args, ...bounds], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      timeout: PATIENCE_MS,
    });
    const told = stdout.split('\n').map((line) => line.slice(0, 300));
    assert.match(stdout, /Operations: +8 selected/);
    assert.is(status, 0, told.slice(told.findIndex((line) => line.includes('FAILURES'))).join('\n'));
    assert.is((await fetch(`${url}/health/ready`)).status, 200, 'and it goes on');
  });

described.run();
