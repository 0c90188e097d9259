import { suite } from 'uvu';
import { assertLinear } from './support/growth.ts';
import { rejects } from './support/rejects.ts';

const s = suite('growth of work');

const isSmall = (byte: number): boolean => byte >= -64 && byte <= 64;

s('quadratic work is found, also where the engine optimizes it on its way', async () => {
  const again = (bytes: Int8Array) => Array.from({ length: bytes.length / 60 }, () => bytes.every(isSmall));
  await rejects(
    assertLinear('looks', 24_000, (n) => new Int8Array(n), again),
    Error,
  );
});

s('linear work is none', () =>
  assertLinear(
    'a look',
    24_000,
    (n) => new Int8Array(n),
    (bytes) => bytes.every(isSmall),
  ),
);

s.run();
