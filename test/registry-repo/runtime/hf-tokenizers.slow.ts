import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../../registry-repo/random.ts';
import { Subwords } from '../../../registry-repo/runtime/subwords.ts';
import { readTokenizerFile, unmatchedTokens } from '../../../registry-repo/runtime/tokenizer-file.ts';
import { drawText, drawTokenizer } from '../../support/drawn-tokenizers.ts';
import { root } from '../../support/paths.ts';

// Drawn texts by drawn tokenizers, before Hugging Face's own package for Python.

const [TOKENIZERS, TEXTS] = [20, 5000];
const LONGEST = 8192;

const python = process.env.PAWL_TEST_ONNX;
const has = python && spawnSync(python, ['-c', 'import tokenizers']).status === 0;
const s = suite('tokenizers before Hugging Face’s package for Python');

if (!has) console.log('SKIPPED Hugging Face’s tokenizers: PAWL_TEST_ONNX names no Python that has tokenizers');
else
  s(`${TEXTS} texts by each of ${TOKENIZERS} tokenizers get the same ids`, () => {
    const script = join(root, 'test/registry-repo/runtime/encode-with-tokenizers.py');
    let compared = 0;
    const different: string[] = [];
    for (let i = 0; i < TOKENIZERS; i++) {
      const tokenizer = drawTokenizer(Random.named(`tokenizer ${i}`));
      const random = Random.named(`texts ${i}`);
      const texts = Array.from({ length: TEXTS }, () => drawText(random));
      const input = `${JSON.stringify({ tokenizer, texts })}\n`;
      const { status, stdout, stderr } = spawnSync(python, [script], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
      assert.is(status, 0, stderr);
      const wanted = JSON.parse(stdout) as number[][];
      const bytes = Buffer.from(JSON.stringify(tokenizer));
      assert.equal(unmatchedTokens(readTokenizerFile(bytes)), []);
      const ours = new Subwords(bytes, LONGEST);
      for (const [at, text] of texts.entries()) {
        const ids = ours.ids(text);
        if (ids.join() !== wanted[at]?.join())
          different.push(`${i}: ${JSON.stringify(text)}: ${ids}, not ${wanted[at]} `);
        compared++;
      }
    }
    console.log(`${compared} encodings compared, ${different.length} differ`);
    assert.is(compared, TOKENIZERS * TEXTS);
    assert.equal(different.slice(0, 5), []);
  });

s.run();
