import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printFile } from '../../../registry-repo/file.ts';
import { withoutSandbox } from '../../../registry-repo/model-process/isolation.ts';
import { canBound, memoryLook } from '../../../registry-repo/model-process/resident.ts';
import { printRows } from '../../../registry-repo/rows.ts';
import { PRETENDED } from '../../../registry-repo/runtime/processor.ts';
import type { Load } from '../../../registry-repo/runtime/runtime.ts';
import { scoreInProcess } from '../../../registry-repo/scoring/score.process.ts';
import type { ScoreOutcome } from '../../../registry-repo/scoring/score.ts';
import { scoreModels } from '../../../registry-repo/scoring/score-models.ts';
import { ManualTime } from '../../support/manual-time.ts';
import { confusionOfSkill, rowsFor } from '../../support/models.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { type Candidate, candidateOf, scoreTiny } from '../../support/registry.ts';
import { loadTiny } from '../../support/tiny-runtime.ts';
import { until } from '../../support/until.ts';

/** A folder as the gate stages it. */
function staged(sides: Readonly<Record<string, Candidate>>, rows = rowsFor()): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'rows'), printRows(rows));
  for (const [side, { manifest, files }] of Object.entries(sides)) {
    mkdirSync(join(folder, side));
    writeFileSync(join(folder, side, 'manifest.json'), printFile(manifest));
    for (const [name, bytes] of files) writeFileSync(join(folder, side, name), bytes);
  }
  return folder;
}

const limits = { seconds: 200, megabytes: 1000 };
const codeOf = (outcome: ScoreOutcome): string =>
  outcome.kind === 'failed' ? outcome.finding.code : outcome.kind === 'refused' ? `${outcome.which} refused` : 'scored';

const scoring = suite('scoring');

scoring('counts on as many threads as it is given, and times on one, as a server answers', async () => {
  const folder = staged({ candidate: candidateOf(9), baseline: candidateOf(7) });
  const threads: number[] = [];
  const load: Load = (source, options) => {
    threads.push(options.threads);
    return loadTiny(source);
  };
  await scoreModels(folder, load, { latency: true, threads: 3 });
  assert.equal(threads, [3, 3, 1, 1]);
});

scoring('counts both models on the same rows', async () => {
  const folder = staged({ candidate: candidateOf(9), baseline: candidateOf(7) });
  const outcome = await scoreTiny({ folder, ...limits });
  assert.is(outcome.kind, 'scored');
  if (outcome.kind !== 'scored') return;
  const { goldenDifference, slices = [], ...counts } = outcome.measured;
  assert.equal(counts, {
    candidate: confusionOfSkill(9),
    baseline: confusionOfSkill(7),
    onlyCandidateRight: 8,
    onlyBaselineRight: 0,
  });
  assert.ok(goldenDifference < 1e-6);
  // The rows' texts are as long as their words: forty have four letters of it, forty have five.
  assert.equal(
    slices.map((s) => [s.name, s.rows, s.candidate, s.baseline]),
    [
      [
        'short',
        40,
        [
          [40, 0],
          [0, 0],
        ],
        [
          [40, 0],
          [0, 0],
        ],
      ],
      [
        'medium',
        40,
        [
          [0, 0],
          [4, 36],
        ],
        [
          [0, 0],
          [12, 28],
        ],
      ],
      [
        'long',
        0,
        [
          [0, 0],
          [0, 0],
        ],
        [
          [0, 0],
          [0, 0],
        ],
      ],
    ],
  );
  assert.is(outcome.versions.node, process.versions.node);
});

scoring('counts a first model alone', async () => {
  const outcome = await scoreTiny({ folder: staged({ candidate: candidateOf(3) }), ...limits });
  assert.is(outcome.kind === 'scored' && outcome.measured.baseline, null);
  assert.equal(outcome.kind === 'scored' && outcome.measured.candidate, confusionOfSkill(3));
});

scoring('says which model it refuses, and why', async () => {
  const broken = candidateOf(9, { onnx: Buffer.from('no model') });
  const candidate = await scoreTiny({ folder: staged({ candidate: broken, baseline: candidateOf(9) }), ...limits });
  assert.is(codeOf(candidate), 'candidate refused');
  assert.ok(candidate.kind === 'refused' && candidate.findings.some((f) => f.code === 'unparseable'));
  const baseline = await scoreTiny({ folder: staged({ candidate: candidateOf(9), baseline: broken }), ...limits });
  assert.is(codeOf(baseline), 'baseline refused');
});

scoring('measures how far a model is from what its manifest promises', async () => {
  const golden = [{ text: 'good0', probabilities: [0.5, 0.5] }];
  const outcome = await scoreTiny({ folder: staged({ candidate: candidateOf(9, { over: { golden } }) }), ...limits });
  assert.ok(outcome.kind === 'scored' && outcome.measured.goldenDifference > 0.4);
});

const hostile = suite('a scoring process that misbehaves');
const HOSTILE = new URL('../../support/hostile-child.js', import.meta.url);
/** It writes into its folder what it saw. */
const UNCONFINED = { isolation: withoutSandbox };
const child = scoreInProcess(HOSTILE, UNCONFINED);

async function misbehave(mode: string, over: Partial<typeof limits> = {}) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mode'), mode);
  return { outcome: await child({ folder, ...limits, ...over }), folder };
}

for (const [mode, code] of [
  ['abort', 'score-crashed'],
  ['die of its heap', 'score-memory'],
  ['get no memory', 'score-killed'],
  ['segfault', 'score-crashed'],
  ['exit 3', 'score-crashed'],
  ['throw', 'score-crashed'],
  ['say nothing', 'score-garbage'],
  ['say garbage', 'score-garbage'],
  ['say too much', 'score-garbage'],
  ['say it twice', 'score-garbage'],
  ['pass without counts', 'score-garbage'],
  ['decide itself', 'score-garbage'],
] as const)
  hostile(`by "${mode}" gives ${code}`, async () => assert.is(codeOf((await misbehave(mode)).outcome), code));

hostile('is killed when its time is up, even if it has answered', async () => {
  for (const mode of ['hang', 'answer and hang']) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mode'), mode);
    const time = new ManualTime();
    const outcome = scoreInProcess(HOSTILE, UNCONFINED, time.later)({ folder, ...limits, seconds: 1 });
    await (mode === 'hang' ? time.awaited(1000) : until(() => existsSync(join(folder, 'answered'))));
    time.pass(1000);
    assert.is(codeOf(await outcome), 'score-timeout', mode);
  }
});

hostile('is killed when it takes too much memory, even for a moment', async () => {
  // Only Linux tells the most that a process ever had.
  for (const mode of process.platform === 'linux' ? ['eat memory', 'spike'] : ['eat memory'])
    assert.is(codeOf((await misbehave(mode, { megabytes: 300 })).outcome), 'score-memory', mode);
});

scoring('says that memory was unbounded where the machine does not tell it, and only there', async () => {
  const folder = staged({ candidate: candidateOf(9) });
  const entry = new URL('../../support/score.tiny.js', import.meta.url);
  const blind = await scoreInProcess(entry, { memory: { everyMs: 40, of: async () => null } })({ folder, ...limits });
  assert.is(blind.kind === 'scored' && blind.versions.memory, 'unbounded');
  const seeing = await scoreInProcess(entry)({ folder, ...limits });
  assert.equal(seeing.kind === 'scored' && Object.keys(seeing.versions), ['onnxruntime', 'node']);
});

scoring('looks rarely where every look is a process, and at itself to know whether it can', async () => {
  assert.ok(memoryLook('darwin').everyMs >= 1000);
  const has = (look: number | null) => canBound({ everyMs: 1, of: async () => look });
  assert.equal([await has(12), await has(null), await canBound(memoryLook())], [true, false, true]);
});

scoring('ends at once when the gate is told to stop, and says nothing about the model', async () => {
  const stopping = new AbortController();
  const folder = staged({ candidate: candidateOf(9) });
  writeFileSync(join(folder, 'mode'), 'hang');
  const entry = new URL('../../support/hostile-child.js', import.meta.url);
  const scored = scoreInProcess(entry, { stop: stopping.signal }, () => () => {})({ folder, ...limits });
  setTimeout(() => stopping.abort(), 200);
  assert.is(codeOf(await scored), 'score-stopped');
});

scoring('a child that is killed from outside is the machine’s trouble', async () => {
  const folder = staged({ candidate: candidateOf(9) });
  writeFileSync(join(folder, 'mode'), 'be killed');
  assert.is(codeOf(await child({ folder, ...limits })), 'score-killed');
});

hostile('gets an empty folder, an empty environment and nothing of ours', async () => {
  process.env.PAWL_TEST_SECRET = 'do not tell';
  const { outcome, folder } = await misbehave('look');
  delete process.env.PAWL_TEST_SECRET;
  assert.is(codeOf(outcome), 'scored');
  const seen = JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8'));
  assert.equal(seen.cwd, []);
  // Node itself hands the first down while coverage is measured, Pawl the second where a processor is pretended.
  const names = Object.keys(seen.env).filter((name) => !['NODE_V8_COVERAGE', PRETENDED].includes(name));
  assert.equal(names, process.platform === 'win32' ? ['SystemRoot', 'TEMP'] : []);
});

hostile('that does not even start is an error', async () => {
  const missing = scoreInProcess(new URL('./no-such-file.js', import.meta.url));
  assert.is(codeOf(await missing({ folder: temporaryFolder(), ...limits })), 'score-crashed');
  const nowhere = await child({ folder: '/dev/null/nowhere', ...limits });
  assert.is(codeOf(nowhere), 'score-not-started');
});

hostile('does not outlive the gate', async () => {
  const folder = staged({ candidate: candidateOf(9) });
  const gate = spawn(process.execPath, [
    fileURLToPath(new URL('../../support/score-and-wait.js', import.meta.url)),
    folder,
  ]);
  const pidFile = join(folder, 'pid');
  await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  assert.ok(isAlive(pid));
  gate.kill('SIGKILL');
  await until(() => !isAlive(pid));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that nobody has waited for is dead, but still listed.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux';
  }
}

scoring.run();
hostile.run();
