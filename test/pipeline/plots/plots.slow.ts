import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openChromium } from '../../support/chromium.ts';
import { counted, texts } from '../../support/plots.ts';

const shown = suite('plots in a browser');

shown('no text lies outside the picture or over another, in light and dark', async () => {
  const browser = await openChromium('plots in a browser');
  if (!browser) return;
  try {
    const labels = [
      'anger',
      'a rather long label that does not fit',
      '<b>fear</b>',
      'joy',
      'awe',
      'calm',
      'love',
      'hate',
    ];
    const rows = Array.from({ length: 400 }, (_, i) => ({
      truth: i % 8,
      weights: labels.map((_, j) => 1 + ((i * 31 + j * 17) % 97) + (j === i % 8 ? 40 : 0)),
    }));
    const series = ['train/loss', 'test/loss', 'f1', 'rate'].map((name) => ({
      name,
      unit: 'epoch' as const,
      points: [1, 2, 3, 4, 5].map((at) => ({ at, value: (name.length * 1000) / at ** 3 })),
    }));
    const two = rows.map((r) => ({ truth: r.truth % 2, weights: r.weights.slice(0, 2) }));
    const files = [...texts(series, counted(labels, rows).counts), ...texts([], counted(['neg', 'pos'], two).counts)];
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme });
      for (const { path, text } of files) {
        await page.setContent(`<body style="margin:0">${text}`);
        const found = await page.evaluate(PROBLEMS);
        assert.equal(found, [], `${path} ${colorScheme}`);
        const paper = await page.evaluate('getComputedStyle(document.querySelector("rect")).fill');
        assert.is(paper, colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(13, 17, 23)');
      }
      await page.close();
    }
  } finally {
    await browser.close();
  }
});

shown.run();

/** Runs in the page. */
const PROBLEMS = `(() => {
  const boxes = [...document.querySelectorAll('text')].map((t) => ({ text: t.textContent, box: t.getBoundingClientRect() }));
  const outside = boxes.filter(({ box }) => box.left < 0 || box.top < 0 || box.right > 720
    || box.bottom > document.querySelector('svg').getBoundingClientRect().bottom).map((b) => 'outside: ' + b.text);
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  const pairs = boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => over(a.box, b.box)).map((b) => a.text + ' over ' + b.text));
  return [...outside, ...pairs];
})()`;
