// Before the library: it must not send usage data.
import '../../../registry-repo/runtime/no-telemetry.ts';

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encoder, TRANSFORMER_INPUTS, TRANSFORMER_OPSET } from '../../../pipeline/onnx/encoder.ts';
import { encodeModel } from '../../../pipeline/onnx/graph.ts';
import { GraphBuilder } from '../../../pipeline/onnx/graph-builder.ts';
import { quantize } from '../../../pipeline/onnx/quantize.ts';
import { loadFolder, type Pretrained } from '../../../pipeline/training/transformer/weights.ts';
import { root } from '../../support/paths.ts';
import { distance } from '../../support/reference.ts';

// A real pretrained encoder (all-MiniLM-L6-v2), where this machine has one, against what PyTorch computes of it in float64.

const folder = process.env.PAWL_TEST_MINILM ?? join(root, '../shared/data/minilm-l6');
const reference = join(folder, '../golden/minilm.json');

type Golden = {
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly cls_last_hidden: readonly (readonly number[])[];
  readonly mean_pooled: readonly (readonly number[])[];
  readonly norm_of_each_hidden_state: readonly number[];
};

const s = suite('the ONNX graph of MiniLM');

/** The encoder alone; its outputs are every hidden state, [B, L, W] each. */
function hiddenStates({ architecture, parameters }: Pretrained): { bytes: Uint8Array; names: string[] } {
  const g = new GraphBuilder();
  const names = encoder(g, architecture, parameters);
  const shape = ['batch', 'length', architecture.width];
  const bytes = encodeModel({
    name: 'encoder',
    opset: TRANSFORMER_OPSET,
    inputs: TRANSFORMER_INPUTS,
    outputs: names.map((name) => ({ name, type: 'float32', shape })),
    initializers: g.initializers,
    nodes: g.nodes,
  });
  return { bytes, names };
}

async function run(bytes: Uint8Array, { input_ids, attention_mask }: Golden): Promise<Map<string, Float32Array>> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  const dims = [input_ids.length, input_ids[0]?.length ?? 0];
  const tensor = (rows: readonly (readonly number[])[]) =>
    new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), dims);
  try {
    const found = await session.run({ input_ids: tensor(input_ids), attention_mask: tensor(attention_mask) });
    return new Map(Object.entries(found).map(([name, { data }]) => [name, data as Float32Array]));
  } finally {
    await session.release();
  }
}

/** First token's vectors, and the mean of each text's tokens. */
function pooled(hidden: Float32Array, { attention_mask }: Golden, width: number) {
  const columns = attention_mask[0]?.length ?? 0;
  const at = (text: number, token: number, i: number) => hidden[(text * columns + token) * width + i] as number;
  const units = Array.from({ length: width }, (_, i) => i);
  return {
    first: attention_mask.flatMap((_, text) => units.map((i) => at(text, 0, i))),
    mean: attention_mask.flatMap((mask, text) => {
      const tokens = mask.reduce((a, b) => a + b, 0);
      return units.map((i) => mask.reduce((sum, m, token) => sum + m * at(text, token, i), 0) / tokens);
    }),
  };
}

/** Cosine of the angle between two vectors. */
function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, v, i) => sum + v * (y[i] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

if (existsSync(join(folder, 'model.safetensors')) && existsSync(reference)) {
  const golden: Golden = JSON.parse(readFileSync(reference, 'utf8'));
  const loaded = async () => {
    const report = { metric: () => {}, epoch: () => {}, progress: () => {} };
    const context = { report, signal: new AbortController().signal };
    const pretrained = await loadFolder(folder, context, { location: 'minilm', revision: null });
    return { ...hiddenStates(pretrained), width: pretrained.architecture.width };
  };

  s('gives PyTorch’s vectors', async () => {
    const { bytes, names, width } = await loaded();
    const states = await run(bytes, golden);
    const { first, mean } = pooled(states.get(names.at(-1) as string) as Float32Array, golden, width);
    const off = Math.max(distance(first, golden.cls_last_hidden.flat()), distance(mean, golden.mean_pooled.flat()));
    assert.ok(off < 1e-5, `off by ${off}`);
    assert.is(names.length, golden.norm_of_each_hidden_state.length);
  });

  s('with weights as bytes gives vectors that point the same way', async () => {
    const { bytes, names, width } = await loaded();
    const small = quantize(bytes, { embeddings: true, weights: 'unsigned' });
    assert.ok(small.bytes.length < bytes.length / 3.8, `${small.bytes.length} of ${bytes.length} bytes`);
    const states = await run(small.bytes, golden);
    const { mean } = pooled(states.get(names.at(-1) as string) as Float32Array, golden, width);
    golden.mean_pooled.forEach((expected, i) => {
      const same = cosine(mean.slice(i * width, (i + 1) * width), expected);
      assert.ok(same > 0.95, `text ${i}: ${same}`);
    });
  });
} else {
  console.log('SKIPPED no MiniLM here: set PAWL_TEST_MINILM to its folder, with golden/minilm.json beside it');
}

s.run();
