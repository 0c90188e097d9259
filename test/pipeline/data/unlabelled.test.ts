import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadUnlabelled } from '../../../pipeline/data/unlabelled.ts';
import { fewReviews, tarGzOf } from '../../support/archive.ts';
import { complaint, dataFolder } from '../../support/data.ts';

const s = suite('texts without labels');
const TEXTS = ['a good one', 'bad,\nand long', 'der dritte ist größer'];
const jsonl = TEXTS.map((text) => JSON.stringify({ text, id: 1 })).join('\n');
const files = {
  'lines.txt': `a good one\n\nthe second\n`,
  'rows.jsonl': jsonl,
  'rows.jsonl.gz': gzipSync(jsonl),
  'rows.csv': `id,text\n${TEXTS.map((text, i) => `${i},"${text}"`).join('\n')}\n`,
  'rows.tsv': `text\tid\none\t1\ntwo\t2\n`,
  'folder/1.txt': TEXTS[2] as string,
  'folder/2.txt': TEXTS[0] as string,
  'folder/3.txt': TEXTS[1] as string,
  'folder/notes.md': 'not a text',
  'imdb/train/unsup/0_0.txt': 'one',
  'imdb/train/pos/0_9.txt': 'labelled',
};
const context = dataFolder(files);
const read = (path: string, test: { text: string; label: string }[] = []) => loadUnlabelled(path, test, context);

s('the same texts have the same digest, whatever they are kept in', async () => {
  const sources = ['rows.jsonl', 'rows.jsonl.gz', 'rows.csv', 'folder'];
  const found = await Promise.all(sources.map((path) => read(path)));
  for (const { texts, facts } of found) {
    assert.equal([...texts].sort(), [...TEXTS].sort());
    assert.is(facts.digest, found[0]?.facts.digest);
    assert.is(facts.rows, 3);
  }
});

s('a text a line, a table with tabs, and the part of the film reviews that has no labels', async () => {
  assert.equal((await read('lines.txt')).texts, ['a good one', 'the second']);
  assert.equal((await read('rows.tsv')).texts, ['one', 'two']);
  assert.equal((await read('imdb')).texts, ['one']);
});

s('an archive gives its unsup folder', async () => {
  const folder = dataFolder({ 'a.tar.gz': await tarGzOf(fewReviews) });
  assert.equal((await loadUnlabelled('a.tar.gz', [], folder)).texts, ['Who knows.']);
});

s('texts of test rows are left out and counted, in whatever case and spacing', async () => {
  const { texts, facts } = await read('lines.txt', [{ text: 'A  GOOD one', label: 'pos' }]);
  assert.equal(texts, ['the second']);
  assert.is(facts.excluded, 1);
});

s('what is wrong is told with its line, all at once', async () => {
  const folder = dataFolder({
    'bad.jsonl': '{"text": "fine"}\nnot json\n{"text": 3}\n{"text": "  "}\n',
    'bad.csv': 'id,body\n1,x\n',
    'empty.txt': '\n\n',
    'none.tar': Buffer.alloc(1024),
  });
  const told = async (path: string) => (await complaint(loadUnlabelled(path, [], folder))).lines.join('\n');
  const lines = await told('bad.jsonl');
  for (const line of [2, 3, 4]) assert.match(lines, `bad.jsonl:${line}:`);
  assert.match(await told('bad.csv'), 'no column "text"');
  assert.match(await told('empty.txt'), 'there are no texts');
  assert.match(await told('none.tar'), 'train/unsup');
  assert.match(await told('absent.txt'), 'no such file');
});

s.run();
