import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportTransformer } from '../../../../pipeline/training/transformer/export.ts';
import { scanOnnx } from '../../../../registry-repo/onnx-scan/scan.ts';
import { openSession } from '../../../../registry-repo/runtime/session.ts';
import { goldenBytes } from '../../../support/golden.ts';
import { distance, reference } from '../../../support/reference.ts';

const s = suite('the ONNX graph of a transformer');

const feed = (rows: readonly (readonly number[])[]) => ({
  data: Int32Array.from(rows.flat()),
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
});

for (const name of ['tiny-distilbert', 'tiny-bert'] as const) {
  const { architecture, parameters, training, labels } = reference(name);
  const names = Array.from({ length: labels }, (_, i) => `label ${i}`);
  const classifier = { architecture, parameters, tokenizer: goldenBytes(name, 'tokenizer.json'), padId: 0 };
  const made = () => exportTransformer(classifier, names, 32);
  const bytes = made().files[0]?.bytes as Uint8Array;
  const { contract } = made();

  s(`${name}: gives PyTorch's logits`, async () => {
    const session = await openSession(bytes, contract, 1);
    const { input_ids, attention_mask } = training.inputs;
    const logits = await session.run({ input_ids: feed(input_ids), attention_mask: feed(attention_mask) });
    await session.release();
    const off = distance(logits, training.logits.flat());
    assert.ok(off < 1e-5, `off by ${off}`);
  });

  s(`${name}: the same parameters give the same bytes, and a registry accepts them`, () => {
    assert.equal(made().files[0]?.bytes, bytes);
    assert.equal(scanOnnx(bytes, contract), []);
  });

  s(`${name}: padding moves no answer`, async () => {
    const session = await openSession(bytes, contract, 1);
    const row = (training.inputs.input_ids[0] as number[]).slice(0, 9);
    const run = async (length: number) => {
      const rest = new Array<number>(length - row.length).fill(0);
      const mask = [...row.map(() => 1), ...rest];
      return session.run({ input_ids: feed([[...row, ...rest]]), attention_mask: feed([mask]) });
    };
    const off = distance(await run(40), await run(9));
    await session.release();
    assert.ok(off < 1e-5, `off by ${off}`);
  });
}

s.run();
