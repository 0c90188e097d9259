import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { modelCard } from '../../../pipeline/training/card.ts';
import { recordOf } from '../../../pipeline/training/transformer/pretrained.ts';
import { fakeManifest } from '../../support/fake-registry.ts';

const card = suite('model card');
const source = { location: 'someone/tiny\n', revision: 'c'.repeat(40), digest: `sha256:${'d'.repeat(64)}`, files: [] };

card('says what training started from, at which commit', () => {
  const manifest = fakeManifest({ bias: 0 }, { pretrained: recordOf(source) });
  assert.match(
    modelCard(manifest),
    /\n\| started from \| `someone\/tiny\?` at `c{40}`, `sha256:d{16}` \|\n\| training data /,
  );
  assert.not.match(modelCard(fakeManifest({ bias: 0 })), /started from/);
});

card.run();
