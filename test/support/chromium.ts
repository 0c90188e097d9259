import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { PATIENCE_MS } from './until.ts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A headless browser, or null (with the line that says so) where none is installed. */
export async function openChromium(what: string): Promise<Browser | null> {
  const executablePath = PLACES.find((place) => existsSync(place));
  if (executablePath) return chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: PATIENCE_MS });
  process.stdout.write(`SKIPPED ${what}: no Chromium at ${PLACES.join(', ')}\n`);
  return null;
}
