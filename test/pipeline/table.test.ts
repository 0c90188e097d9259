import stringWidth from 'string-width';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { confusionTable, textTable } from '../../pipeline/table.ts';

const s = suite('tables');

s('columns are aligned by how wide characters are, and headings of ours are capitals', () => {
  const rows = [
    ['很好', '0.9', 'a film'],
    ['good', '12.25', ''],
  ];
  assert.equal(textTable(['label', 'share', 'text'], rows, [1]).split('\n'), [
    'LABEL  SHARE  TEXT',
    '很好     0.9  a film',
    'good   12.25',
  ]);
  assert.is(textTable(['truth', 'Own'], [['a', 'b\u001b[2J\nc']], [], 1), 'TRUTH  Own\na      b[2J c');
  assert.is(textTable(['none'], []), 'NONE');
});

s('a long table takes one look at each of its cells', () => {
  for (const rows of [400, 40_000]) {
    let looks = 0;
    const count = (cell: string) => {
      looks++;
      return stringWidth(cell);
    };
    const lines = Array.from({ length: rows }, (_, i) => [`label ${i}`, '0.5', 'a text']);
    const table = textTable(['label', 'probability', 'text'], lines, [1], 3, count);
    assert.is(looks, 3 * (rows + 1));
    assert.is(table.split('\n').length, rows + 1);
  }
});

s('counts of many labels are told as what is confused most', () => {
  const labels = Array.from({ length: 1000 }, (_, k) => `label ${k}`);
  const counts = labels.map((_, k) => labels.map((__, l) => (k === l ? 9 : l === k + 1 ? k : 0)));
  const lines = confusionTable(labels, counts).split('\n');
  assert.is(lines.length, 22);
  assert.is(lines[1], 'label 998  label 999   998');
  assert.is(lines.at(-1), 'and 978 more pairs of labels: --json has all counts');
  const right = labels.map((_, k) => labels.map((__, l) => (k === l ? 1 : 0)));
  assert.is(confusionTable(labels, right), 'no row of any of 1000 labels is taken for another');
});

s.run();
