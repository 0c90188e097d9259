import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Frame, FrameReader, frameHead } from '../../../registry-repo/model-process/frames.ts';

const frames = suite('messages over a pipe');
const LIMITS = { text: 1000, bytes: 1000 };

/** What is heard when such bytes come in such pieces. */
function heard(stream: Buffer, cuts: readonly number[]): { message: unknown; bytes: number[] }[] {
  const found: { message: unknown; bytes: number[] }[] = [];
  const reader = new FrameReader(LIMITS, ({ message, bytes }: Frame) => found.push({ message, bytes: [...bytes] }));
  const ends = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...ends, stream.length]) {
    reader.read(stream.subarray(from, to));
    from = to;
  }
  return found;
}

frames('come out as they went in, wherever the pipe cuts them', () => {
  const message = fc.record({
    message: fc.record({ texts: fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 }) }, { noNullPrototype: true }),
    bytes: fc.uint8Array({ maxLength: 50 }),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat()), (messages, cuts) => {
      const stream = Buffer.concat(messages.flatMap(({ message, bytes }) => [frameHead(message, bytes.length), bytes]));
      assert.equal(
        heard(stream, cuts),
        messages.map(({ message, bytes }) => ({ message, bytes: [...bytes] })),
      );
    }),
  );
});

frames('that would be too large are refused by what they announce', () => {
  assert.throws(() => heard(frameHead('x'.repeat(1000), 0), []), RangeError);
  assert.throws(() => heard(frameHead('x', 1001), []), RangeError);
  assert.throws(() => heard(Buffer.alloc(100, 255), []), RangeError);
});

frames('that are no JSON are refused', () => {
  const head = frameHead('x', 0);
  head[head.length - 1] = 0;
  assert.throws(() => heard(head, []), SyntaxError);
});

frames.run();
