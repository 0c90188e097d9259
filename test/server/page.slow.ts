import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openChromium } from '../support/chromium.ts';
import { FakeRegistry } from '../support/fake-registry.ts';
import { type Fixture, withServer } from '../support/server.ts';
import { PATIENCE_MS } from '../support/until.ts';

type Visit = Fixture & { page: Page; complaints: string[]; origins: Set<string> };

/** Opens the page of a server in a fresh browser profile; complaints are whatever a console would show. */
async function visit(
  browser: Browser,
  test: (visit: Visit) => Promise<void>,
  {
    context = {},
    options = {},
    registry = promoted(),
  }: {
    context?: BrowserContextOptions;
    options?: Record<string, unknown>;
    registry?: FakeRegistry;
  } = {},
): Promise<void> {
  await withServer(
    async (fixture) => {
      await fixture.server.poke();
      const profile = await browser.newContext(context);
      profile.setDefaultTimeout(PATIENCE_MS);
      const page = await profile.newPage();
      const [complaints, origins] = [[] as string[], new Set<string>()];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => origins.add(new URL(request.url()).origin));
      try {
        await page.goto(fixture.server.url);
        await test({ ...fixture, page, complaints, origins });
      } finally {
        await profile.close();
      }
    },
    { registry, options },
  );
}

const promoted = (labels = ['neg', 'pos']) => {
  const registry = new FakeRegistry();
  registry.promote(3, { bias: 0.5 }, { labels });
  return registry;
};

/** What sticks out of a page sideways: nothing should. */
const overflow = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

const browser = await openChromium('the page in a browser');
const page = suite('page');
page.after(() => browser?.close());
const look = browser ? page : page.skip;

look('shows what is in production, asks nobody else, and complains of nothing', () =>
  visit(browser as Browser, async ({ page: p, server, complaints, origins }) => {
    const text = await p.innerText('body');
    for (const fact of [
      'sentiment',
      'version 3',
      'in production',
      '0.9216',
      '92 of 100 right',
      server.state().model?.commit,
    ])
      assert.match(text, fact as string);
    assert.equal(complaints, []);
    assert.equal([...origins], [server.url]);
  }),
);

look('classifies a text, and says what is wrong with one that cannot be', () =>
  visit(browser as Browser, async ({ page: p, complaints }) => {
    await p.fill('textarea', 'a fine film <b>');
    await p.click('button');
    await p.waitForSelector('#answer .best');
    assert.match(await p.innerText('#answer .best'), /^pos\s+\d\d\.\d %$/);
    await p.fill('textarea', 'another');
    await p.press('textarea', 'Control+Enter');
    await p.waitForFunction("document.querySelector('#answer .best span:last-child').textContent !== ''");
    assert.equal(complaints, []);
    await p.fill('textarea', 'give nothing');
    await p.click('button');
    await p.waitForSelector('#answer .note');
    assert.match(await p.innerText('#answer .note'), 'no usable answer');
  }),
);

look('notices that another version has taken over', () =>
  visit(browser as Browser, async ({ page: p, server, registry }) => {
    registry.promote(4);
    await server.poke();
    await p.fill('textarea', 'x');
    await p.click('button');
    await p.waitForSelector('#news:not([hidden])');
    assert.match(await p.innerText('#news'), 'Version 4 is answering now');
    await p.click('#news a');
    assert.match(await p.innerText('h1'), 'version 4');
  }),
);

look('says all of it without a script', () =>
  visit(
    browser as Browser,
    async ({ page: p }) => {
      const text = await p.innerText('body');
      for (const fact of ['version 3', '0.9216', 'POST /predict']) assert.match(text, fact);
      assert.is(await p.isVisible('textarea'), false);
    },
    { context: { javaScriptEnabled: false } },
  ),
);

look('fits a phone, in light and dark, with long names and many labels', async () => {
  const labels = [
    'a-rather-long-label-without-any-place-to-break-it',
    ...Array.from({ length: 9 }, (_, i) => `label ${i}`),
  ];
  for (const colorScheme of ['light', 'dark'] as const)
    for (const names of [['neg', 'pos'], labels])
      await visit(
        browser as Browser,
        async ({ page: p }) => {
          await p.fill('textarea', 'x'.repeat(3000));
          await p.click('button');
          await p.waitForSelector('#answer .best');
          assert.is(await overflow(p), 0);
        },
        { context: { colorScheme, viewport: { width: 390, height: 844 } }, registry: promoted(names) },
      );
});

look('says why nothing is served, and what was refused', async () => {
  await visit(browser as Browser, async ({ page: p }) => assert.match(await p.innerText('main'), 'promote one'), {
    registry: new FakeRegistry(),
  });
  await visit(browser as Browser, async ({ page: p, registry, server }) => {
    registry.failures.verify = Object.assign(new Error('no signed verdict for it'), { code: 'verdict_missing' });
    registry.promote(4);
    await server.poke();
    await p.reload();
    const text = await p.innerText('body');
    for (const fact of ['main says something else', 'is refused', 'Version 3 goes on answering', 'verdict_missing'])
      assert.match(text, fact);
  });
});

page.run();
