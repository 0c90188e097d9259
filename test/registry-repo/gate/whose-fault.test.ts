import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { couldNotJudge, whoseFault } from '../../../registry-repo/gate/whose-fault.ts';
import { root } from '../../support/paths.ts';

const faults = suite('whose fault an error is');

/** Outcomes of the gate's machine and of the candidate, as they are told apart. */
const CASES: readonly (readonly [string, 'candidate' | 'gate'])[] = [
  ['gate-unfit', 'gate'], // no temporary folder, or a full one
  ['score-not-started', 'gate'], // the child cannot be spawned
  ['score-killed', 'gate'], // out of memory, but not by the models' bound
  ['score-engine', 'gate'], // the runtime does not load
  ['artifact-store-unavailable', 'gate'],
  ['git-failed', 'gate'],
  ['gate-fault', 'gate'],
  ['key-not-trusted', 'gate'],
  ['not-evaluated', 'gate'],
  ['base-malformed-file', 'gate'],
  ['base-artifact-missing', 'gate'],
  ['score-timeout', 'candidate'],
  ['score-memory', 'candidate'],
  ['score-crashed', 'candidate'],
  ['score-garbage', 'candidate'],
  ['artifact-missing', 'candidate'],
  ['evaluation-contradicts', 'candidate'],
];

for (const [code, whose] of CASES)
  faults(`${code}: the ${whose}`, () => {
    assert.is(whoseFault(code), whose);
    assert.is(couldNotJudge({ result: 'error', reasons: [{ code }] }), whose === 'gate');
    assert.is(couldNotJudge({ result: 'fail', reasons: [{ code }] }), false);
  });

faults('an error that nobody has foreseen is no refusal', () => {
  assert.is(couldNotJudge({ result: 'error', reasons: [{ code: 'constructor' }] }), true);
  assert.is(couldNotJudge({ result: 'error', reasons: [] }), true);
});

faults('every error that the gate can say is sorted', () => {
  const folder = join(root, 'registry-repo');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  const codes = sources.flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    const said = [...source.matchAll(/(?:errored|crashed|#stop)\(\s*'([a-z0-9-]+)'/g)].map((m) => m[1] as string);
    return said.filter((code) => code !== 'stale-baseline' && code !== 'evaluation-void'); // judged anew at once
  });
  assert.ok(codes.length > 20, `${codes.length} codes were found`);
  assert.equal(
    codes.filter((code) => whoseFault(code) === null),
    [],
  );
});

faults.run();
