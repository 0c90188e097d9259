import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tokenize } from '../../../../pipeline/training/transformer/tokenize.ts';
import { Subwords } from '../../../../registry-repo/runtime/subwords.ts';
import { goldenBytes } from '../../../support/golden.ts';
import { rejects } from '../../../support/rejects.ts';
import { trainingContext } from '../../../support/training-context.ts';

const tokens = suite('tokens of a training run');
const subwords = new Subwords(goldenBytes('tiny-bert', 'tokenizer.json'), 6);
const context = trainingContext({ rows: [], labels: [] });

tokens('are counted, with the share of texts that were cut', async () => {
  const metrics: Record<string, number> = {};
  const metric = (name: string, value: number): void => {
    metrics[name] = value;
  };
  const report = { ...context.report, metric };
  const texts = ['film', 'film film film film', 'film film film film film', 'film film film film   \n'];
  let time = 0;
  const rows = await tokenize(subwords, texts, { ...context, report }, () => (time += 250));
  assert.equal(
    rows,
    texts.map((text) => Int32Array.from(subwords.ids(text))),
  );
  assert.equal(metrics, { tokens: 21, tokensPerSecond: 84, truncatedShare: 0.25 });
});

tokens('of no texts are none', async () => {
  assert.equal(await tokenize(subwords, [], context), []);
});

tokens('are not waited for when the run is to stop', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  assert.is((await rejects(tokenize(subwords, ['film'], { ...context, signal }), Error)).message, 'enough');
});

tokens.run();
