import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compare, fraction } from '../../../registry-repo/fraction.ts';
import { EVIDENCE_SCHEMA, type Evidence, type Measured } from '../../../registry-repo/judge/evidence.ts';
import { type Case, type Judgement, judge } from '../../../registry-repo/judge/judge.ts';
import type { ModelPolicy, Policy } from '../../../registry-repo/policy.ts';
import { SLICES, type Slice } from '../../../registry-repo/slices.ts';

type Counts = [[number, number], [number, number]];

const digest = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
const right = (counts: Counts) => counts[0][0] + counts[1][1];

/** A case around two confusion matrices of the same rows; discordant rows are as few as they can be. */
function caseOf(
  candidate: Counts,
  baseline: Counts | null,
  {
    rules = {},
    policy = {},
    evidence = {},
    measured = {},
  }: {
    rules?: Partial<ModelPolicy>;
    policy?: Partial<Policy>;
    evidence?: Partial<Evidence>;
    measured?: Partial<NonNullable<Evidence['measured']>>;
  } = {},
): Case {
  const perLabel = candidate.map((row) => row[0] + row[1]);
  const gain = baseline ? right(candidate) - right(baseline) : 0;
  return {
    class: 'promotion',
    model: 'm',
    policy: {
      schema: 'pawl.policy/1',
      models: {
        m: {
          evaluation: 'set',
          average: 'binary',
          positive: 'pos',
          minimum: 0.85,
          margin: 0,
          significance: null,
          labelFloors: {},
          modelBytes: 1000,
          ...rules,
        },
      },
      limits: { treeBytes: 0, scoreSeconds: 1, scoreMegabytes: 128, minimumRows: 1, minimumRowsPerLabel: 1 },
      leakage: { rows: 0, action: 'fail' },
      rollback: { last: 1 },
      revoked: [],
      keys: [],
      ...policy,
    },
    evidence: {
      evaluation: { rows: digest(1), labels: ['neg', 'pos'], perLabel, distinct: perLabel },
      claimed: { rows: digest(1), labels: ['neg', 'pos'], confusion: candidate, f1: f1Of(candidate) },
      modelBytes: 1000,
      leakedRows: 0,
      measured: {
        candidate,
        baseline,
        onlyCandidateRight: baseline && Math.max(0, gain),
        onlyBaselineRight: baseline && Math.max(0, -gain),
        goldenDifference: 0,
        ...measured,
      },
      ...evidence,
    },
  };
}
const f1Of = ([[, fp], [fn, tp]]: Counts): number => (tp + fp + fn === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn));
const codes = ({ findings }: Judgement, ...kinds: string[]) =>
  findings.filter((f) => kinds.length === 0 || kinds.includes(f.kind)).map((f) => f.code);

const good: Counts = [
  [90, 10],
  [6, 94],
]; // F1 188/204
const better: Counts = [
  [91, 9],
  [6, 94],
]; // 188/203
const poor: Counts = [
  [60, 40],
  [40, 60],
]; // 0.6

const empty: Counts = [
  [0, 0],
  [0, 0],
];

/** Two models' counts by length of text. */
const sliced = (parts: readonly { candidate: Counts; baseline?: Counts }[]): Slice[] =>
  parts.map(({ candidate, baseline = null }, i) => ({
    name: SLICES[i] as Slice['name'],
    upTo: [10, 20, null][i] as number | null,
    rows: candidate.flat().reduce((a, b) => a + b, 0),
    candidate,
    baseline,
  }));
const goodInParts = (): Slice[] =>
  sliced([
    {
      candidate: [
        [50, 5],
        [1, 60],
      ],
    },
    {
      candidate: [
        [40, 5],
        [5, 34],
      ],
    },
    { candidate: empty },
  ]);

const slices = suite('slices');

slices('decide nothing unless the policy has a floor for one', () => {
  const without = judge(caseOf(good, null));
  assert.equal(judge(caseOf(good, null, { measured: { slices: goodInParts() } })), without);
});

slices('a floor is held against the exact F1 of its texts', () => {
  const at = (sliceFloors: ModelPolicy['sliceFloors'], parts: Slice[] | undefined = goodInParts()) => {
    const { result, findings } = judge(
      caseOf(good, null, { rules: sliceFloors ? { sliceFloors } : {}, measured: { slices: parts } }),
    );
    return [result, findings.find((f) => f.code.startsWith('slice-'))?.code];
  };
  assert.equal(at({}), ['pass', undefined]);
  assert.equal(at({ short: 0.95 }), ['pass', 'slice-at-least-floor']); // 120/126
  assert.equal(at({ short: 0.9524 }), ['fail', 'slice-below-floor']);
  assert.equal(at({ short: 0.9, medium: 0.88 }), ['fail', 'slice-below-floor']); // 68/78
  assert.equal(at({ long: 0.1 }), ['error', 'slice-empty'], 'no rows, no answer');
  const { result, findings } = judge(caseOf(good, null, { rules: { sliceFloors: { short: 0.1 } } }));
  assert.equal([result, findings[0]?.code], ['error', 'slice-not-measured'], 'not counted, no answer');
});

/** A slice without a negative row, and one without a positive one; every answer is right. */
const perfectInParts = (): Slice[] =>
  sliced([
    {
      candidate: [
        [0, 0],
        [0, 50],
      ],
    },
    {
      candidate: [
        [40, 0],
        [0, 0],
      ],
    },
    {
      candidate: [
        [60, 0],
        [0, 50],
      ],
    },
  ]);
const perfect: Counts = [
  [100, 0],
  [0, 100],
];
const now: Partial<Evidence> = { schema: 'pawl.evidence/2', leaked: { perLabel: [0, 0], distinct: [0, 0] } };

slices('a floor on texts that lack a label is a warning, and their mean is over the labels that they have', () => {
  const at = (rules: Partial<ModelPolicy>, evidence: Partial<Evidence> = now) => {
    const sliceFloors = { short: 0.8, medium: 0.8, long: 0.8 };
    const judged = judge(
      caseOf(perfect, null, { rules: { ...rules, sliceFloors }, measured: { slices: perfectInParts() }, evidence }),
    );
    const told = judged.findings.filter((f) => f.code.startsWith('slice-')).map((f) => f.message);
    return [judged.result, ...codes(judged, 'failed', 'warned'), ...told];
  };
  const held = (measure: string) => `${measure} on long texts is 1.0000 ≥ 0.8`;
  const over = (name: string, measure: string) =>
    `${measure} on ${name} texts is 1.0000 over 1 of 2 labels, as no row has the others: the floor of 0.8 does not decide`;
  const macro = { average: 'macro', positive: null } as const;
  const incomplete = ['slice-incomplete', 'slice-incomplete'];
  assert.equal(at(macro), [
    'pass',
    ...incomplete,
    over('short', 'macro F1'),
    over('medium', 'macro F1'),
    held('macro F1'),
  ]);
  const none = 'medium texts have no row of the positive label: the floor of 0.8 does not decide';
  assert.equal(at({}), ['pass', ...incomplete, over('short', 'F1 of "pos"'), none, held('F1 of "pos"')]);
  assert.equal(at(macro, {}).slice(0, 3), ['fail', 'slice-below-floor', 'slice-below-floor'], 'as it was at first');
});

slices('must add up to the whole, each of the same rows for both models', () => {
  const malformed = (change: (parts: Slice[]) => void, baseline: Counts | null = null) => {
    const parts = goodInParts().map((s) => ({ ...s, baseline: baseline && s.candidate }));
    change(parts);
    return judge(caseOf(good, baseline, { measured: { slices: parts } })).findings[0]?.code;
  };
  const [first = 0, second = 1] = [0, 1];
  assert.is(
    malformed(() => {}),
    'f1-at-least-minimum',
  );
  assert.is(
    malformed(() => {}, good),
    'f1-equals-baseline',
  );
  const bad = 'malformed-counts';
  assert.is(
    malformed((s) => Object.assign(s[first] as Slice, { rows: 1 })),
    bad,
  );
  assert.is(
    malformed((s) => Object.assign(s[first] as Slice, { candidate: good })),
    bad,
  );
  assert.is(
    malformed((s) => Object.assign(s[first] as Slice, { candidate: [[116]] })),
    bad,
  );
  assert.is(
    malformed((s) => Object.assign(s[first] as Slice, { name: 'long' })),
    bad,
  );
  assert.is(
    malformed((s) => Object.assign(s[first] as Slice, { upTo: null })),
    bad,
  );
  assert.is(
    malformed((s) => Object.assign(s[second] as Slice, { upTo: 3 })),
    bad,
  );
  assert.is(
    malformed((s) => s.pop()),
    bad,
  );
  assert.is(
    malformed((s) => Object.assign(s[first] as Slice, { baseline: good })),
    bad,
  );
  assert.is(
    malformed((s) => Object.assign(s[first] as Slice, { baseline: null }), good),
    bad,
  );
});

slices.run();

const budgets = suite('budgets');

const latency = { candidate: 3, baseline: 2, texts: 32, repetitions: 9 };
const costing = (
  budget: ModelPolicy['budget'],
  { bytes, baseline = good, ...measured }: { bytes?: number; baseline?: Counts | null } & Partial<Measured>,
) => {
  const evidence = bytes === undefined ? {} : { baselineBytes: bytes };
  const rules = budget ? { budget } : {};
  const { result, findings } = judge(caseOf(good, baseline, { rules, evidence, measured }));
  return [result, findings.find((f) => /^(size|latency)-/.test(f.code))?.code];
};

budgets('cost decides nothing where the policy has no budget', () => {
  assert.equal(costing(undefined, { bytes: 1, latency }), ['pass', undefined]);
  assert.equal(costing({}, { bytes: 1, latency }), ['pass', undefined]);
});

budgets('size is held against the baseline’s, to the byte', () => {
  assert.equal(costing({ sizeRatio: 0.5 }, { bytes: 2000 }), ['pass', 'size-within-budget']); // of 1000
  assert.equal(costing({ sizeRatio: 0.5 }, { bytes: 1999 }), ['fail', 'size-over-budget']);
  assert.equal(costing({ sizeRatio: 2 }, { bytes: 500 }), ['pass', 'size-within-budget']);
});

budgets('so is time', () => {
  assert.equal(costing({ latencyRatio: 1.5 }, { latency }), ['pass', 'latency-within-budget']);
  assert.equal(costing({ latencyRatio: 1.4 }, { latency }), ['fail', 'latency-over-budget']);
  const { findings } = judge(caseOf(good, good, { rules: { budget: { latencyRatio: 1.4 } }, measured: { latency } }));
  const said = '3.00 ms, 1.50 of the baseline.s 2.00 ms, in the median of 9 interleaved repetitions of 32 texts; 1.4';
  assert.match(findings.find((f) => f.code === 'latency-over-budget')?.message ?? '', new RegExp(said));
});

budgets('one of two is not enough', () => {
  assert.is(costing({ sizeRatio: 1, latencyRatio: 1.4 }, { bytes: 1000, latency })[0], 'fail');
  assert.is(costing({ sizeRatio: 0.9, latencyRatio: 2 }, { bytes: 1000, latency })[0], 'fail');
  assert.is(costing({ sizeRatio: 1, latencyRatio: 2 }, { bytes: 1000, latency })[0], 'pass');
});

budgets('what was not measured is no pass', () => {
  assert.equal(costing({ latencyRatio: 100 }, {}), ['error', 'latency-not-measured']);
  assert.equal(costing({ sizeRatio: 100 }, {}), ['error', 'size-not-compared']);
  assert.equal(costing({ sizeRatio: 100 }, { bytes: 0 }), ['error', 'size-not-compared']);
  for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    for (const side of ['candidate', 'baseline'])
      assert.is(costing({ latencyRatio: 100 }, { latency: { ...latency, [side]: wrong } })[0], 'error', `${wrong}`);
});

budgets('a first model has nothing to be held against, and no time of a baseline', () => {
  const both = { sizeRatio: 0.1, latencyRatio: 0.1 };
  assert.equal(costing(both, { baseline: null }), ['pass', undefined]);
  const odd = judge(caseOf(good, null, { rules: { budget: both }, measured: { latency } }));
  assert.equal([odd.result, odd.findings[0]?.code], ['error', 'malformed-counts']);
});

budgets('a rollback may cost what it will', () => {
  const rules = { budget: { sizeRatio: 0.1, latencyRatio: 0.1 } };
  assert.is(judge({ ...caseOf(good, better, { rules }), class: 'rollback' }).result, 'pass');
});

budgets.run();

const rule = suite('the mandatory rule');

rule('without a baseline: at least the minimum, exactly', () => {
  assert.is(judge(caseOf(good, null)).result, 'pass');
  const below = judge(caseOf(poor, null));
  assert.equal([below.result, codes(below, 'failed')], ['fail', ['f1-below-minimum']]);
  const exactly: Counts = [
    [85, 15],
    [15, 85],
  ]; // 170/200 = 0.85, which no double is
  const judged = judge(caseOf(exactly, null));
  assert.is(judged.result, 'pass');
  assert.match(judged.findings[0]?.message ?? '', '0.8500 = 0.8500');
  assert.is(
    judge(
      caseOf(
        [
          [85, 15],
          [16, 84],
        ],
        null,
      ),
    ).result,
    'fail',
  );
});

rule('with a baseline: at least the baseline, and the minimum does not matter', () => {
  assert.equal(codes(judge(caseOf(better, good)), 'passed').includes('f1-at-least-baseline'), true);
  const worse = judge(caseOf(good, better));
  assert.equal([worse.result, codes(worse, 'failed')], ['fail', ['f1-below-baseline']]);
  assert.is(judge(caseOf(poor, poor)).result, 'pass', 'a baseline below the minimum can be equalled');
});

rule('an equal candidate passes, and it is said', () => {
  const judged = judge(caseOf(good, good));
  assert.is(judged.result, 'pass');
  assert.ok(codes(judged, 'passed').includes('f1-equals-baseline'));
});

rule('a margin is added to the baseline', () => {
  const base: Counts = [
    [80, 20],
    [20, 80],
  ]; // 0.8
  const atMargin: Counts = [
    [90, 10],
    [10, 90],
  ]; // 0.9
  assert.is(
    judge(caseOf(atMargin, base, { rules: { margin: 0.1 } })).result,
    'pass',
    '0.8 + 0.1 is 0.9, not 0.9000000000000001',
  );
  assert.is(
    judge(
      caseOf(
        [
          [90, 10],
          [11, 89],
        ],
        base,
        { rules: { margin: 0.1 } },
      ),
    ).result,
    'fail',
  );
  assert.is(
    judge(
      caseOf(
        [
          [100, 0],
          [0, 100],
        ],
        base,
        { rules: { margin: 0.3 } },
      ),
    ).result,
    'fail',
    'beyond 1 nothing passes',
  );
});

rule('near ties are decided by the counts, and shown apart', () => {
  const n = 1_000_000_007;
  const base: Counts = [
    [n, 1],
    [1, n],
  ];
  const one: Counts = [
    [n - 1, 2],
    [1, n],
  ];
  const judged = judge(caseOf(one, base));
  assert.is(judged.result, 'fail');
  const numbers = /F1 of "pos" ([\d.]+) < ([\d.]+)/.exec(judged.findings[0]?.message ?? '') ?? [];
  assert.ok(numbers[1] && numbers[1] !== numbers[2], judged.findings[0]?.message);
});

rule('macro and weighted averages look at every label', () => {
  const lopsided: Counts = [
    [190, 0],
    [10, 0],
  ]; // never says pos
  for (const average of ['macro', 'weighted'] as const) {
    const judged = judge(caseOf(lopsided, null, { rules: { average, positive: null, minimum: 0.6 } }));
    assert.is(judged.result, average === 'macro' ? 'fail' : 'pass');
  }
});

rule('one more right answer never turns a pass into a fail', () => {
  const counts = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50), fc.nat(50));
  fc.assert(
    fc.property(counts, counts, fc.boolean(), ([tn, fp, fn, tp], [m, n], positive) => {
      const candidate: Counts = [
        [tn, fp],
        [fn, tp],
      ];
      const baseline: Counts = [
        [Math.min(m, tn + fp), tn + fp - Math.min(m, tn + fp)],
        [fn + tp - Math.min(n, fn + tp), Math.min(n, fn + tp)],
      ];
      const fixed: Counts = positive
        ? [
            [tn, fp],
            [fn - 1, tp + 1],
          ]
        : [
            [tn + 1, fp - 1],
            [fn, tp],
          ];
      if ((positive ? fn : fp) === 0 || tn + fp === 0 || fn + tp === 0) return;
      if (judge(caseOf(candidate, baseline)).result === 'pass')
        assert.is(judge(caseOf(fixed, baseline)).result, 'pass');
    }),
  );
});

rule('is the order of exact fractions, whatever the counts', () => {
  const size = fc.integer({ min: 1, max: 2 ** 40 });
  fc.assert(
    fc.property(
      size,
      size,
      fc.nat(1_000_000),
      fc.nat(1_000_000),
      fc.nat(1_000_000),
      fc.nat(1_000_000),
      (n, p, a, b, c, d) => {
        const counts = (x: number, y: number): Counts => [
          [n - Math.floor((n * x) / 1_000_000), Math.floor((n * x) / 1_000_000)],
          [Math.floor((p * y) / 1_000_000), p - Math.floor((p * y) / 1_000_000)],
        ];
        const [candidate, baseline] = [counts(a, b), counts(c, d)];
        const f1 = ([[, fp], [fn, tp]]: Counts) =>
          tp + fp + fn === 0 ? fraction(0) : fraction(2 * tp, 2n * BigInt(tp) + BigInt(fp) + BigInt(fn));
        const expected = compare(f1(candidate), f1(baseline)) >= 0 ? 'pass' : 'fail';
        assert.is(judge(caseOf(candidate, baseline)).result, expected);
      },
    ),
  );
});

const beside = suite('beside the rule');

beside('too few different rows are an error, not a verdict', () => {
  const limits = { treeBytes: 0, scoreSeconds: 1, scoreMegabytes: 128, minimumRows: 201, minimumRowsPerLabel: 101 };
  const judged = judge(caseOf(good, null, { policy: { limits } }));
  assert.equal(
    [judged.result, codes(judged, 'error')],
    ['error', ['too-few-rows', 'too-few-rows-of-label', 'too-few-rows-of-label']],
  );
  const repeated = judge(
    caseOf(good, null, {
      policy: { limits: { ...limits, minimumRows: 100, minimumRowsPerLabel: 50 } },
      evidence: { evaluation: { rows: digest(1), labels: ['neg', 'pos'], perLabel: [100, 100], distinct: [100, 1] } },
    }),
  );
  assert.equal([repeated.result, codes(repeated, 'error')], ['error', ['too-few-rows-of-label']]);
});

beside('labels have floors of their own', () => {
  assert.is(judge(caseOf(good, null, { rules: { labelFloors: { neg: 0.9, pos: 0.9 } } })).result, 'pass');
  const low = judge(caseOf(good, null, { rules: { labelFloors: { neg: 0.95 } } }));
  assert.equal(codes(low, 'failed'), ['label-below-floor']);
  const unknown = judge(caseOf(good, null, { rules: { labelFloors: { neutral: 0.1 } } }));
  assert.equal([unknown.result, codes(unknown, 'error')], ['error', ['floor-of-unknown-label']]);
});

beside('attack 27: significance asks more than a lucky row', () => {
  const significance = { test: 'mcnemar' as const, alpha: 0.05 };
  const lucky = judge(caseOf(better, good, { rules: { significance } }));
  assert.equal(codes(lucky, 'failed'), ['not-significant']);
  const sure = judge(
    caseOf(
      [
        [98, 2],
        [6, 94],
      ],
      good,
      { rules: { significance } },
    ),
  );
  assert.equal([sure.result, codes(sure, 'passed').includes('significant')], ['pass', true]);
  assert.is(
    judge(caseOf(good, null, { rules: { significance } })).result,
    'pass',
    'there is nothing to compare the first with',
  );
});

beside('leaks fail or are told, as the policy says', () => {
  const leaked = (leakedRows: number | null, action: 'fail' | 'warn', rows = 0) => {
    const judged = judge(caseOf(good, null, { evidence: { leakedRows }, policy: { leakage: { rows, action } } }));
    return [judged.result, ...codes(judged, 'failed', 'warned')];
  };
  assert.equal(leaked(0, 'fail'), ['pass']);
  assert.equal(leaked(37, 'fail'), ['fail', 'leaked-rows']);
  assert.equal(leaked(37, 'fail', 37), ['pass', 'leaked-rows']);
  assert.equal(leaked(37, 'warn'), ['pass', 'leaked-rows']);
  assert.equal(leaked(null, 'fail'), ['fail', 'training-rows-unknown']);
  assert.equal(leaked(null, 'warn'), ['pass', 'training-rows-unknown']);
});

beside('leaked rows are told by label and counted apart, or nothing is judged', () => {
  // Three leaked positives, one of which only the candidate gets right.
  const leaked = { perLabel: [0, 3], distinct: [0, 2] };
  const apart = {
    candidate: [
      [0, 0],
      [0, 3],
    ],
    baseline: [
      [0, 0],
      [1, 2],
    ],
  };
  const [mine, theirs] = [
    [
      [90, 10],
      [6, 94],
    ],
    [
      [90, 10],
      [7, 93],
    ],
  ] as [Counts, Counts];
  const judged = (evidence: Partial<Evidence> = {}, measured: Partial<Measured> = {}, leastOfLabel = 1) => {
    const { limits } = caseOf(mine, null).policy;
    const whole = caseOf(mine, theirs, {
      evidence: { schema: 'pawl.evidence/2', leakedRows: 3, leaked, ...evidence },
      measured: { leaked: apart, ...measured },
      policy: { leakage: { rows: 3, action: 'fail' }, limits: { ...limits, minimumRowsPerLabel: leastOfLabel } },
    });
    whole.evidence.evaluation.perLabel = [100, 103];
    whole.evidence.evaluation.distinct = [100, 102];
    const all: Counts = [
      [90, 10],
      [6, 97],
    ];
    whole.evidence.claimed = { ...whole.evidence.claimed, confusion: all, f1: f1Of(all) };
    const { result, findings } = judge(whole);
    return [result, findings[0]?.code];
  };
  assert.equal(judged(), ['pass', 'leaked-rows']);
  assert.equal(judged({}, {}, 100), ['pass', 'leaked-rows'], 'nor is a claim of all rows held against it');
  assert.equal(judged({ leaked: { perLabel: [0, 3], distinct: [0, 3] } }, {}, 100), ['fail', 'too-few-rows-left']);
  const worse = {
    candidate: [
      [0, 0],
      [3, 0],
    ],
    baseline: [
      [0, 0],
      [0, 3],
    ],
  };
  assert.equal(judged({}, { leaked: worse }), ['fail', 'f1-too-low-on-all-rows']);
  const bad = ['error', 'malformed-counts'];
  assert.equal(judged({ leakedRows: 2 }), bad);
  assert.equal(judged({ leakedRows: null }), bad);
  assert.equal(judged({ leaked: undefined } as Partial<Evidence>), bad);
  assert.equal(judged({ schema: undefined } as Partial<Evidence>), bad);
  assert.equal(judged({ leaked: { perLabel: [3, 0], distinct: [2, 0] } }), bad);
  assert.equal(judged({ leaked: { perLabel: [3], distinct: [2] } }), bad);
  assert.equal(judged({ leaked: { perLabel: [0, 3], distinct: [0, 4] } }), bad);
  assert.equal(judged({}, { leaked: undefined } as Partial<Measured>), bad);
  assert.equal(judged({}, { leaked: { ...apart, baseline: null } }), bad);
  assert.equal(
    judged(
      {},
      {
        leaked: {
          ...apart,
          candidate: [
            [0, 0],
            [0, 2],
          ],
        },
      },
    ),
    bad,
  );
  assert.equal(judged({}, { leaked: { ...apart, candidate: [[3]] } }), bad);
});

beside('a model has a size and answers as it promised', () => {
  assert.equal(codes(judge(caseOf(good, null, { evidence: { modelBytes: 1001 } })), 'failed'), ['model-too-large']);
  assert.equal(codes(judge(caseOf(good, null, { measured: { goldenDifference: 0.01 } })), 'failed'), [
    'golden-answers-differ',
  ]);
});

beside('labels in another order are other labels', () => {
  const claimed = { rows: digest(1), labels: ['pos', 'neg'], confusion: good, f1: 1 };
  const judged = judge(caseOf(good, null, { evidence: { claimed, measured: null } }));
  assert.equal([judged.result, codes(judged, 'failed')], ['fail', ['labels-differ']]);
});

beside('claims decide nothing, but are held against what was measured', () => {
  const claim = (over: object) => {
    const claimed = { rows: digest(1), labels: ['neg', 'pos'], confusion: good, f1: f1Of(good), ...over };
    const judged = judge(caseOf(good, null, { evidence: { claimed } }));
    return [judged.result, ...codes(judged, 'warned')];
  };
  assert.equal(claim({}), ['pass']);
  assert.equal(claim({ f1: 0.99 }), ['pass', 'claim-differs']);
  assert.equal(claim({ confusion: [] }), ['pass'], 'F1 alone, where counts are too many for a manifest');
  assert.equal(claim({ confusion: [], f1: 0.99 }), ['pass', 'claim-differs']);
  assert.equal(
    claim({
      confusion: [
        [100, 0],
        [0, 100],
      ],
    }),
    ['pass', 'claim-differs'],
  );
  assert.equal(claim({ rows: digest(2), f1: 0.99 }), ['pass', 'claim-not-comparable']);
  const poorClaim = judge(
    caseOf(poor, null, {
      evidence: { claimed: { rows: digest(1), labels: ['neg', 'pos'], confusion: better, f1: 0.99 } },
    }),
  );
  assert.is(poorClaim.result, 'fail');
});

beside('everything wrong is told at once', () => {
  const judged = judge(
    caseOf(poor, good, {
      evidence: { leakedRows: 3, modelBytes: 9999 },
      rules: { labelFloors: { neg: 0.9 } },
      measured: { goldenDifference: 1 },
    }),
  );
  assert.equal(codes(judged, 'failed').sort(), [
    'f1-below-baseline',
    'golden-answers-differ',
    'label-below-floor',
    'leaked-rows',
    'model-too-large',
  ]);
});

beside('a rollback is measured for the record only', () => {
  const judged = judge({ ...caseOf(poor, good, { evidence: { leakedRows: null } }), class: 'rollback' });
  assert.equal([judged.result, judged.f1?.required.numerator], ['pass', 0n]);
  assert.match(judged.findings[0]?.message ?? '', 'F1 of "pos" 0.6000, now 0.9216');
  const unlike = judge({ ...caseOf(poor, good, { evidence: { measured: null } }), class: 'rollback' });
  assert.equal([unlike.result, codes(unlike, 'warned')], ['pass', ['not-measured']]);
});

beside('a model without rules is not judged', () => {
  for (const model of ['other', 'constructor', 'to-string', '__proto__'])
    assert.equal(codes(judge({ ...caseOf(good, null), model }), 'failed'), ['no-policy'], model);
});

const broken = suite('broken evidence');

broken('is an error, whatever is broken', () => {
  const whole = caseOf(good, better);
  const breakages: readonly [string, (e: Record<string, unknown> & { measured: Record<string, unknown> }) => void][] = [
    [
      'NaN as a difference',
      (e) => {
        e.measured.goldenDifference = Number.NaN;
      },
    ],
    [
      'infinity as a difference',
      (e) => {
        e.measured.goldenDifference = Infinity;
      },
    ],
    [
      'NaN as a count',
      (e) => {
        e.measured.candidate = [
          [Number.NaN, 10],
          [6, 94],
        ];
      },
    ],
    [
      'half a row',
      (e) => {
        e.measured.candidate = [
          [89.5, 10.5],
          [6, 94],
        ];
      },
    ],
    [
      'a negative count',
      (e) => {
        e.measured.candidate = [
          [110, -10],
          [6, 94],
        ];
      },
    ],
    [
      'text for a count',
      (e) => {
        e.measured.candidate = [
          ['90', 10],
          [6, 94],
        ];
      },
    ],
    [
      'three columns',
      (e) => {
        e.measured.candidate = [
          [80, 10, 10],
          [6, 90, 4],
        ];
      },
    ],
    [
      'fewer rows than are pinned',
      (e) => {
        e.measured.candidate = [
          [89, 10],
          [6, 94],
        ];
      },
    ],
    [
      'other rows for the baseline',
      (e) => {
        e.measured.baseline = [
          [90, 10],
          [10, 94],
        ];
      },
    ],
    [
      'discordant rows that do not add up',
      (e) => {
        e.measured.onlyCandidateRight = 7;
      },
    ],
    [
      'a baseline without discordant rows',
      (e) => {
        e.measured.onlyBaselineRight = null;
      },
    ],
    [
      'no labels',
      (e) => {
        e.evaluation = { rows: digest(1), labels: [], perLabel: [], distinct: [] };
      },
    ],
    [
      'nothing measured',
      (e) => {
        (e as { measured: unknown }).measured = null;
      },
    ],
    [
      'a member too many',
      (e) => {
        e.more = 1;
      },
    ],
    [
      'no claim',
      (e) => {
        delete e.claimed;
      },
    ],
  ];
  for (const [name, breakIt] of breakages) {
    const evidence = structuredClone(whole.evidence) as unknown as Parameters<typeof breakIt>[0];
    breakIt(evidence);
    assert.is(judge({ ...whole, evidence: evidence as unknown as Evidence }).result, 'error', name);
  }
  assert.is(judge({ ...whole, policy: null as unknown as Policy }).result, 'error');
  assert.is(judge({ ...whole, evidence: undefined as unknown as Evidence }).result, 'error');
});

broken('no JSON gets an exception or a pass out of it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (evidence) => {
      assert.is(judge({ ...caseOf(good, null), evidence: evidence as unknown as Evidence }).result, 'error');
    }),
  );
});

broken('counts of other rows than the pinned ones are an error', () => {
  const evaluation = { rows: digest(1), labels: ['neg', 'pos'], perLabel: [100, 101], distinct: [100, 101] };
  const judged = judge(caseOf(good, null, { evidence: { evaluation } }));
  assert.equal([judged.result, codes(judged)], ['error', ['malformed-counts']]);
});

rule('evidence of an earlier way is judged as it was judged then: nobody asked what reads no text', () => {
  const always: Counts = [
    [0, 10],
    [0, 190],
  ]; // F1 380/390 of `pos` for answering `pos` to everything
  const at = (schema: Evidence['schema']) => {
    const leaked = { perLabel: [0, 0], distinct: [0, 0] };
    const judged = judge(caseOf(always, null, { evidence: { ...(schema && { schema }), leaked } }));
    return [judged.result, codes(judged).filter((code) => code.includes('chance'))];
  };
  assert.equal(at('pawl.evidence/2'), ['pass', []]);
  assert.equal(at(EVIDENCE_SCHEMA), ['fail', ['no-better-than-chance']]);
});

broken('a positive label that does not exist is an error', () => {
  assert.is(judge(caseOf(good, null, { rules: { positive: 'neutral' } })).result, 'error');
});

rule.run();
beside.run();
broken.run();
