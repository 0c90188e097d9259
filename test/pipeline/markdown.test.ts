import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { block, code, plain, table } from '../../pipeline/markdown.ts';

const hostile = [
  '<img src=x onerror=alert(1)>',
  '[click](javascript:x)',
  '@everyone',
  '**bold**',
  '| a | b |',
  '# title',
  '- [x] done',
  '![i](http://x/y.png)',
  '`code`',
  '&lt;',
  'http://evil',
  '<!-- pawl -->',
  'a\n\n# b',
  '\u202egnp.exe',
];

const markdown = suite('markdown for forges');

for (const text of hostile)
  markdown(`plain text is inert: ${JSON.stringify(text)}`, () => {
    const shown = plain(text);
    assert.not.match(shown, /(?<!\\)[*_[\]`|#!]/);
    assert.not.match(shown, /[<>\n\u202e]/);
    assert.not.match(shown, /@(?!\u200b)/);
    assert.not.match(shown, /(?<!\\):\/\//);
  });

markdown('a code span holds whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('`', 'a', '|', '\n', ' ') }), (text) => {
      const shown = code(text);
      const [, fence = ''] = /^(`+)/.exec(shown) ?? [];
      if (shown === '–') return;
      const inside = shown.slice(fence.length, -fence.length);
      assert.ok(![...inside.matchAll(/`+/g)].some((m) => m[0].length === fence.length), shown);
      assert.not.match(shown, /[|\n]/);
    }),
  );
});

markdown('a block holds whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('`', 'a', '\n', '~') }), (text) => {
      const lines = block(text).split('\n');
      const fence = lines[0] as string;
      assert.is(lines.slice(1, -1).filter((l) => l.trim().startsWith(fence)).length, 0);
    }),
  );
});

markdown(
  'a block’s fence is longer than any run of backticks, also one that appears when characters are left out',
  () => {
    assert.is(block('``\u0000`\nx'), '````\n```\nx\n````');
  },
);

markdown('what forges look for in rendered text is broken up', () => {
  assert.is(plain('fixes #1'), 'fixes \\#\u200b1');
  assert.is(plain('GH-7'), 'GH\\-\u200b7');
  assert.is(plain('see http://x'), 'see http\\:\u200b//x');
});

markdown('what is cut is still text', () => {
  assert.ok(plain('😀'.repeat(200), 10).isWellFormed());
  assert.ok(code('😀'.repeat(200), 10).isWellFormed());
});

markdown('a table has as many columns as its header', () => {
  assert.is(
    table([
      ['a', 'b'],
      ['1', '2'],
    ]),
    '| a | b |\n| --- | ---: |\n| 1 | 2 |',
  );
});

markdown.run();
