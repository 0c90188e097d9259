import type { Verdict } from '../../registry-repo/verdict/verdict.ts';

const digest = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
const oid = (n: number) => String(n).padStart(40, '0');

/** A made-up passing verdict in good form. */
export const exampleVerdict = (over: Partial<Verdict> = {}): Verdict => ({
  schema: 'pawl.verdict/1',
  class: 'promotion',
  model: 'sentiment',
  promotion: '000000000001',
  pullRequest: 7,
  reason: null,
  result: 'pass',
  findings: [
    { kind: 'passed', code: 'f1-at-least-minimum', message: 'F1 0.9474 > 0.8500, the minimum without a baseline' },
  ],
  bound: {
    head: oid(1),
    base: oid(2),
    policy: digest(1),
    evaluation: { set: 'reviews', digest: digest(2) },
    baseline: { version: 1, manifest: digest(3) },
    candidate: { version: 2, manifest: digest(4) },
    changes: [{ path: 'models/sentiment/production.json', digest: digest(5) }],
  },
  files: [{ path: 'models/sentiment/versions/2/model.onnx', digest: digest(6) }],
  evidence: {
    evaluation: { rows: digest(7), labels: ['neg', 'pos'], perLabel: [40, 40], distinct: [40, 40] },
    claimed: {
      rows: digest(7),
      labels: ['neg', 'pos'],
      confusion: [
        [40, 0],
        [4, 36],
      ],
      f1: 0.9473684210526315,
    },
    modelBytes: 500,
    leakedRows: 0,
    measured: null,
  },
  scorer: { pawl: '0.1.0', onnxruntime: '1.30.0', node: '20.20.2' },
  judgedAt: '2026-01-02T03:04:05.678Z',
  durationMs: 640,
  ...over,
});
