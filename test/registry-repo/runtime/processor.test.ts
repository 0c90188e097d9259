// Before the library: it must not send usage data.
import '../../../registry-repo/runtime/no-telemetry.ts';

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ModelRefusedError, ProcessorLacksVnniError } from '../../../registry-repo/errors.ts';
import { checkNeeds } from '../../../registry-repo/runtime/byte-sums.ts';
import {
  describeProcessor,
  flagsOfCpuinfo,
  flagsOfSysctl,
  PRETENDED,
  processorOf,
} from '../../../registry-repo/runtime/processor.ts';
import { openSession } from '../../../registry-repo/runtime/session.ts';
import { thisProcessor } from '../../../registry-repo/runtime/this-processor.ts';
import {
  COLUMNS,
  constantWeights,
  byteProductContract as contract,
  madeWhileRunning,
  WIDE,
} from '../../support/byte-products.ts';
import { rejects } from '../../support/rejects.ts';

const of = (architecture: string, flags: string | null) =>
  processorOf({ architecture, flags: flags === null ? null : new Set(flags.split(' ')) });
const sums = (architecture: string, flags: string | null) => of(architecture, flags).byteSums;

const s = suite('what a processor does with bytes');

s('x86 adds in 32 bits with VNNI, of either encoding, and ARM always does', () => {
  assert.is(sums('x64', 'sse4_1 avx2 avx512f avx512_vnni'), 'exact');
  assert.is(sums('x64', 'avx2 avx_vnni'), 'exact');
  assert.is(sums('x64', 'avx2 avx512f'), 'overflow');
  assert.is(sums('x64', 'sse2'), 'overflow');
  assert.is(sums('arm64', 'asimd'), 'exact');
  assert.is(sums('arm64', null), 'exact');
  assert.is(sums('x64', null), 'unknown');
  assert.is(sums('riscv64', 'v'), 'unknown');
});

s('flags are read as Linux and macOS write them; where none are listed they are not known', () => {
  const cpuinfo =
    'processor\t: 0\nmodel name\t: Some\nflags\t\t: fpu avx2 avx512_vnni\n\nprocessor\t: 1\nflags\t\t: fpu\n';
  assert.equal([...(flagsOfCpuinfo(cpuinfo) ?? [])], ['fpu', 'avx2', 'avx512_vnni']);
  assert.equal([...(flagsOfCpuinfo('Features\t: fp asimd asimddp\n') ?? [])], ['fp', 'asimd', 'asimddp']);
  assert.is(flagsOfCpuinfo('processor : 0\nflags\t\t:\n'), null);
  assert.is(flagsOfCpuinfo(''), null);
  const mac = flagsOfSysctl('FPU SSE4.1 AVX1.0\nAVX2 AVX512F AVX512VNNI\n');
  assert.is(processorOf({ architecture: 'x64', flags: mac }).byteSums, 'exact');
  assert.is(flagsOfSysctl('\n'), null);
});

s('one line says it', () => {
  assert.is(describeProcessor(of('x64', 'avx2 avx512f avx512_vnni')), 'x64 with AVX2, AVX-512, VNNI');
  assert.is(describeProcessor(of('x64', 'avx2')), 'x64 with AVX2, without VNNI');
  assert.is(describeProcessor(of('x64', null)), 'x64, abilities unknown');
  assert.is(describeProcessor(of('arm64', 'asimddp')), 'arm64 with dot product');
  const pretended = thisProcessor({ [PRETENDED]: 'avx2' });
  assert.match(describeProcessor(pretended), `without VNNI (pretended by ${PRETENDED})`);
  assert.is(pretended.byteSums, 'overflow');
});

const [overflowing, exact, unknown] = ['avx2', 'vnni', 'unknown'].map((name) => thisProcessor({ [PRETENDED]: name }));
/** As bytes: 0, 255, 255, … so that each sum is 255 · 63 · weight. */
const ones = Float32Array.from({ length: WIDE }, (_, i) => (i === 0 ? 0 : 1));
const feed = { x: { data: Int32Array.from(ones), rows: 1, columns: WIDE } };
const sumOf = (weight: number) => 255 * (WIDE - 1) * weight;

const here = thisProcessor();
if (here.pretended || here.byteSums === 'unknown')
  console.log(`SKIPPED what this processor really does with bytes: ${describeProcessor(here)}`);
else
  s('what this processor is said to do is what ONNX Runtime shows, where nothing is rewritten', async () => {
    const session = await InferenceSession.create(constantWeights(127), { logSeverityLevel: 4, intraOpNumThreads: 1 });
    const sums = (await session.run({ x: new Tensor('float32', ones, [1, WIDE]) })).y as Tensor;
    await session.release();
    assert.is(sums.data[0] === sumOf(127), here.byteSums === 'exact');
  });

s('constant weights of every kind give exact sums, whatever the processor', async () => {
  for (const processor of [overflowing, unknown, thisProcessor()])
    for (const [weight, type] of [
      [127, 'int8'],
      [-128, 'int8'],
      [63, 'int8'],
      [255, 'uint8'],
    ] as const) {
      const session = await openSession(constantWeights(weight, type), contract, 1, processor);
      const y = await session.run(feed);
      await session.release();
      assert.equal([...y], new Array(COLUMNS).fill(sumOf(weight)), `${type} ${weight}`);
    }
});

s('what overflows all the same is refused with the reason and the remedy; on others it loads', async () => {
  const refusal = await rejects(openSession(madeWhileRunning(), contract, 1, overflowing), ProcessorLacksVnniError);
  assert.match(refusal.message, 'without VNNI');
  assert.match(refusal.message, '`pawl quantize`');
  assert.is(refusal.code, 'processor_lacks_vnni');
  for (const processor of [exact, unknown]) {
    const session = await openSession(madeWhileRunning(), contract, 1, processor);
    await session.release();
  }
  await rejects(openSession(Buffer.from('rubbish'), contract, 1, overflowing), ModelRefusedError);
});

s('a manifest that says so is refused before there are bytes', () => {
  const needed = { processor: { vnni: 'needed' } } as const;
  assert.throws(
    () => checkNeeds(needed, overflowing as NonNullable<typeof overflowing>),
    (e: unknown) => e instanceof ProcessorLacksVnniError,
  );
  for (const [needs, processor] of [
    [needed, exact],
    [needed, unknown],
    [{ processor: { vnni: 'faster' } } as const, overflowing],
    [{}, overflowing],
  ] as const)
    checkNeeds(needs, processor as NonNullable<typeof processor>);
});

s.run();
