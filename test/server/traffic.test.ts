import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { catalogue } from '../../events/catalogue.ts';
import { describe } from '../../server/activate.ts';
import type { ServedModel } from '../../server/served.ts';
import { Traffic } from '../../server/traffic.ts';
import { FakeRegistry } from '../support/fake-registry.ts';

async function served(version: number): Promise<ServedModel> {
  const registry = new FakeRegistry();
  registry.promote(version);
  const proven = await registry.verify(registry.tip);
  assert.ok(proven);
  return describe(proven, registry.tip, new Date(0));
}
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

const traffic = suite('traffic');

traffic('counts each version by itself, and starts again with each window', async () => {
  const [one, two] = [await served(1), await served(2)];
  const counts = new Traffic(at(0));
  assert.equal(counts.take(at(1)), []);
  counts.answered(one, ['pos', 'neg', 'pos']);
  counts.answered(two, ['neg']);
  counts.answered(one, ['pos']);
  counts.refused(two);
  counts.failed(two);
  counts.refused(null);
  counts.failed(null);
  const windows = counts.take(at(60));
  const common = { model: 'sentiment', from: at(1).toISOString(), to: at(60).toISOString() };
  assert.equal(windows, [
    {
      ...common,
      served: { version: 1, manifest: one.manifest },
      requests: 2,
      texts: 4,
      labels: { pos: 3, neg: 1 },
      refused: 0,
      failed: 0,
    },
    {
      ...common,
      served: { version: 2, manifest: two.manifest },
      requests: 1,
      texts: 1,
      labels: { neg: 1 },
      refused: 1,
      failed: 1,
    },
  ]);
  for (const window of windows) catalogue.TrafficObserved.schema.parse(window);
  assert.equal(counts.take(at(120)), []);
  counts.answered(one, ['neg']);
  const [later] = counts.take(at(180));
  assert.equal(
    [later?.from, later?.requests, later?.labels],
    [at(120).toISOString(), 1, { neg: 1 }],
    'what has come since',
  );
  assert.equal(
    [...counts.totals()].map(({ requests, texts }) => [requests, texts]),
    [
      [3, 5],
      [1, 1],
    ],
  );
});

traffic('labels with odd names are counted like others', async () => {
  const model = await served(1);
  const counts = new Traffic(at(0));
  counts.answered(model, ['__proto__', 'constructor', '__proto__']);
  assert.is(JSON.stringify(counts.take(at(1))[0]?.labels), '{"__proto__":2,"constructor":1}');
});

traffic.run();
