import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MemoryStore } from '../../events/store.memory.ts';
import { loadRuntime } from '../../registry-repo/runtime/load.ts';
import { scoreInProcess } from '../../registry-repo/scoring/score.process.ts';
import type { RunningServer } from '../../server/main.ts';
import { rowsFor } from '../support/models.ts';
import { recorded } from '../support/recorded.ts';
import { candidateOf, TestRegistry } from '../support/registry.ts';
import { serveRegistry } from '../support/serve-registry.ts';
import { postJson } from '../support/server.ts';
import { trained } from '../support/trained.ts';

type Prediction = { readonly label: string; readonly probabilities: Readonly<Record<string, number>> };

const served = suite('a trained model, served');

served('by the worker that is installed, after the gate that is installed', async () => {
  const model = await trained();
  const texts = ['!?', 'a good1 film', '好 😀', ...rowsFor('never seen', 1).map((row) => row.text)];
  const runtime = await loadRuntime(model);
  const expected = await runtime.classify(texts);
  await runtime.release();
  const { preprocessor, contract } = model.manifest;
  const golden = texts
    .slice(0, 3)
    .map((text, i) => ({ text, probabilities: [...expected.subarray(2 * i, 2 * i + 2)] }));
  const test = await TestRegistry.create();
  const candidate = candidateOf(10, { onnx: model.bytes, over: { preprocessor, contract, golden } });
  await test.promote(candidate, 1, { score: scoreInProcess() });

  const serving = async (server: RunningServer, store: MemoryStore) => {
    await server.ready();
    assert.is(server.state().model?.version, 1);
    const response = await postJson(`${server.url}/predict/batch`, { texts });
    assert.is(response.status, 200, await response.clone().text());
    const { predictions } = (await response.json()) as { predictions: Prediction[] };
    for (const [i, text] of texts.entries()) {
      const { label, probabilities } = predictions[i] as Prediction;
      const [neg, pos] = expected.subarray(2 * i, 2 * i + 2) as unknown as [number, number];
      assert.ok(Math.abs((probabilities.pos as number) - pos) < 1e-6, text);
      assert.is(label, pos > neg ? 'pos' : 'neg', text);
    }
    const one = await postJson(`${server.url}/predict`, { text: 'the bad3 film' });
    assert.is(((await one.json()) as Prediction).label, 'neg');
    return store;
  };
  const store = await serveRegistry(test, serving, { bounds: { megabytes: 2000 } });
  const activated = (await recorded(store)).flatMap((e) => (e.type === 'ModelActivated' ? [e.data.selfTest] : []));
  assert.is(activated.length, 1);
  assert.is(activated[0]?.rows, 3);
  assert.ok((activated[0]?.maxDifference ?? 1) < 1e-6);
});

served.run();
