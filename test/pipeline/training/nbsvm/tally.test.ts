import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedInts } from '../../../../pipeline/training/nbsvm/matrix.ts';
import { Tally } from '../../../../pipeline/training/nbsvm/tally.ts';

const tally = suite('tally');

tally('two of them count what both were told, however often', () => {
  const many = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 600 })), { maxLength: 20 });
  fc.assert(
    fc.property(many, (told) => {
      const shared = sharedInts(4);
      const both = [new Tally(shared), new Tally(shared)] as const;
      const wanted = [0, 0, 0, 0];
      told.forEach(([id, times], i) => {
        for (let n = 0; n < times; n++) both[i % 2 === 0 ? 0 : 1].add(id);
        wanted[id] = (wanted[id] as number) + times;
      });
      for (const one of both) one.flush();
      assert.equal([...shared], wanted);
    }),
    { numRuns: 100 },
  );
});

tally.run();
