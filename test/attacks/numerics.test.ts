import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MalformedFileError } from '../../registry-repo/errors.ts';
import { f1 } from '../../registry-repo/f1.ts';
import { parseFile, printFile } from '../../registry-repo/file.ts';
import { compare, fromDecimal, plus } from '../../registry-repo/fraction.ts';
import { Manifest } from '../../registry-repo/manifest.ts';
import { Policy } from '../../registry-repo/policy.ts';
import { Production } from '../../registry-repo/production.ts';
import type { Row } from '../../registry-repo/rows.ts';
import type { Score } from '../../registry-repo/scoring/score.ts';
import {
  asksForTheLabel,
  contractWithLabel,
  forgetful,
  infinite,
  inShort,
  notANumber,
  undecided,
} from '../support/crafted.ts';
import { rowsFor } from '../support/models.ts';
import { type Candidate, candidateOf, evaluationSet, TestRegistry } from '../support/registry.ts';

const attacks = suite<{ test: TestRegistry }>('attacks by numbers');
attacks.before(async (context) => {
  context.test = await TestRegistry.create();
});

const judged = async (test: TestRegistry, candidate: Candidate, over = {}) =>
  inShort((await test.gate(await test.propose(candidate, { version: 1 }), over)).judgement);
const refuses = (schema: Parameters<typeof parseFile>[0], text: string) =>
  assert.throws(
    () => parseFile(schema, 'x.json', Buffer.from(text)),
    (e: unknown) => e instanceof MalformedFileError,
    text.slice(0, 200),
  );

attacks('attack 22: a model gives NaN or infinity', async ({ test }) => {
  for (const onnx of [notANumber(), infinite()])
    assert.equal(await judged(test, candidateOf(9, { onnx })), ['fail', 'model-refused']);
  for (const goldenDifference of [Number.NaN, Infinity, null, '0']) {
    const measured = {
      candidate: [
        [40, 0],
        [0, 40],
      ],
      baseline: null,
      onlyCandidateRight: null,
      onlyBaselineRight: null,
      goldenDifference,
    };
    const score = (async () => ({
      kind: 'scored',
      measured,
      versions: { onnxruntime: '', node: '' },
    })) as unknown as Score;
    assert.equal(
      await judged(test, candidateOf(9), { score }),
      ['error', 'malformed-evidence'],
      String(goldenDifference),
    );
  }
});

attacks('attack 22: numbers that JSON turns into others', async ({ test }) => {
  const policy = printFile(test.policy);
  for (const minimum of ['1e999', '-1e999', 'NaN', 'Infinity', 'null', '-0', '0.850', '8.5e-1', '085', '+1', '0x1'])
    refuses(Policy, policy.replace('"minimum": 0.85', `"minimum": ${minimum}`));
});

attacks('attack 23: numbers that are no numbers', async ({ test }) => {
  const head = await test.propose(candidateOf(9), { version: 1 });
  const production = (await (await test.at(head)).production('sentiment'))?.value as Production;
  const whole: readonly [Parameters<typeof parseFile>[0], object][] = [
    [Policy, test.policy],
    [Manifest, candidateOf(9).manifest],
    [Production, production],
  ];
  for (const [schema, value] of whole) {
    const numbers = pathsOf(value).filter(({ leaf }) => typeof leaf === 'number');
    assert.ok(numbers.length > 0);
    fc.assert(
      fc.property(
        fc.constantFrom(...numbers),
        fc.constantFrom('"%"', '[%]', 'true', 'null', '{}', '-1', '1.5e300'),
        ({ path, leaf }, form) => {
          const wrong = JSON.parse(form.replace('%', String(leaf)));
          refuses(schema, printFile(changed(value, path, wrong)));
        },
      ),
      { numRuns: 60 },
    );
  }
});

attacks('attack 24: ties and rounding', async ({ test }) => {
  assert.ok(!(0.7 + 0.1 >= 0.8), 'what doubles say');
  assert.is(compare(plus(fromDecimal(0.7), fromDecimal(0.1)), fromDecimal(0.8)), 0);
  const own = await TestRegistry.create();
  await own.promote(candidateOf(9), 1);
  const twin = await own.gate(await own.propose(candidateOf(9), { version: 2 }));
  assert.is(twin.judgement.result, 'pass');
  assert.ok(
    twin.judgement.reasons.some((r) => r.code === 'f1-equals-baseline'),
    'the same bytes pass, and it is said',
  );
  const confusion = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99));
  fc.assert(
    fc.property(confusion, ([a, b, c, d]) => {
      for (const average of ['macro', 'weighted'] as const) {
        const one = f1(
          ['neg', 'pos'],
          [
            [a, b],
            [c, d],
          ],
          { average, positive: null },
        );
        const other = f1(
          ['pos', 'neg'],
          [
            [d, c],
            [b, a],
          ],
          { average, positive: null },
        );
        assert.is(compare(one, other), 0, 'whatever the order of the labels');
      }
    }),
  );
  assert.ok(test);
});

attacks('attack 25: an evaluation set of nothing, of little, of one label, of one row many times', async () => {
  const one: Row = { text: 'the same good0 row', label: 'pos' };
  const other: Row = { text: 'the same bad0 row', label: 'neg' };
  const sets: readonly [string, readonly Row[], string][] = [
    ['few', rowsFor('few', 1), 'too-few-rows'],
    ['of one label', rowsFor().filter((row) => row.label === 'pos'), 'too-few-rows-of-label'],
    ['one row many times', [...Array(60).fill(one), ...Array(60).fill(other)], 'too-few-rows'],
    [
      'one row in many disguises',
      [...rowsFor(), ...rowsFor().filter((r) => r.label === 'neg')].map((row, i) =>
        row.label === 'pos' ? { ...one, text: `${one.text}${' '.repeat(i)}` } : row,
      ),
      'too-few-rows-of-label',
    ],
  ];
  for (const [name, rows, code] of sets) {
    const test = await TestRegistry.create(() => {}, [...rows]);
    const { judgement } = await test.gate(await test.propose(candidateOf(10), { version: 1 }));
    assert.is(judgement.result, 'error', name);
    assert.ok(
      judgement.reasons.some((r) => r.code === code),
      name,
    );
  }
  const test = await TestRegistry.create();
  await test.artifacts.put(Buffer.alloc(0));
  const empty = { ...evaluationSet([]), rows: 0 };
  await test.pushToMain({ 'evaluation/reviews.json': empty });
  const { judgement } = await test.gate(await test.propose(candidateOf(10), { version: 1 }));
  assert.equal(inShort(judgement), ['error', 'base-malformed-file'], 'empty');
});

attacks('attack 26: labels in another order, or one more', async ({ test }) => {
  assert.equal(await judged(test, candidateOf(9, { over: { labels: ['pos', 'neg'] } })), ['fail', 'labels-differ']);
  assert.equal(await judged(test, candidateOf(9, { over: { labels: ['neg', 'pos', 'mixed'] } })), [
    'fail',
    'labels-differ',
  ]);
  assert.equal(await judged(test, candidateOf(9, { over: { labels: ['Neg', 'pos'] } })), ['fail', 'labels-differ']);
  assert.equal(await judged(test, candidateOf(9, { over: { labels: ['neg', 'neg'] } })), ['fail', 'malformed-file']);
});

attacks('attack 26: a model that cannot decide gets the first label, always', async ({ test }) => {
  const even = { text: 'good0', probabilities: [0.5, 0.5] };
  const { judgement } = await test.gate(
    await test.propose(candidateOf(9, { onnx: undecided(), over: { golden: [even] } }), { version: 1 }),
  );
  assert.equal(judgement.measured?.candidate, [
    [40, 0],
    [40, 0],
  ]);
});

attacks('attack 26: answers for fewer texts than were asked', async ({ test }) => {
  assert.equal(await judged(test, candidateOf(9, { onnx: forgetful() })), ['fail', 'model-refused']);
});

attacks('attack 28: a model that asks for the label', async ({ test }) => {
  assert.equal(await judged(test, candidateOf(9, { onnx: asksForTheLabel() })), ['fail', 'signature']);
  const open = candidateOf(9, { onnx: asksForTheLabel(), over: { contract: contractWithLabel } });
  assert.equal(await judged(test, open), ['fail', 'model-refused'], 'even if its manifest says so');
});

type Path = readonly (string | number)[];
function pathsOf(value: unknown, path: Path = []): { path: Path; leaf: unknown }[] {
  if (value === null || typeof value !== 'object') return [{ path, leaf: value }];
  // A run's own configuration is free: whatever JSON it holds is fine.
  return Object.entries(value).flatMap(([key, member]) => (key === 'config' ? [] : pathsOf(member, [...path, key])));
}
function changed(value: unknown, path: Path, to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = changed(copy[key], rest, to);
  return copy;
}

attacks.run();
