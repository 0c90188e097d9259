import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChromium } from '../test/support/chromium.ts';
import { freePort } from '../test/support/document-blocks.ts';
import { root } from '../test/support/paths.ts';
import { until } from '../test/support/until.ts';

// `npm run screenshots`: pictures of the real server's page for the documents, after a first start in an empty folder.

const browser = await openChromium('screenshots');
if (!browser) process.exit(1);
const folder = mkdtempSync(join(tmpdir(), 'pawl-screenshots-'));
const port = await freePort();
const server = spawn(process.execPath, [join(root, 'dist/pipeline/cli.js'), 'up', '--port', String(port)], {
  cwd: folder,
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  let output = '';
  server.stdout.on('data', (chunk: Buffer) => (output += chunk));
  await until(() => /Ctrl-C stops it/.test(output));
  const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, colorScheme: 'light' });
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.fill('textarea', 'A great film, funny and moving.');
  await page.click('button');
  await page
    .getByText(/0\.9\d|9\d(?:\.\d+)? ?%/)
    .first()
    .waitFor();
  const images = join(root, 'docs/images');
  mkdirSync(images, { recursive: true });
  await page.screenshot({ path: join(images, 'page.png'), fullPage: true });
} finally {
  server.kill('SIGINT');
  await new Promise((resolve) => server.on('close', resolve));
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
