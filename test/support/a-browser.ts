import { existsSync } from 'node:fs';

import { type Browser, type BrowserContext, chromium } from 'playwright-core';

/** Where a Chromium or Chrome stands on this machine; undefined where none is found. */
export const BROWSER: string | undefined = [
  process.env['CASTELLAN_BROWSER'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));

if (BROWSER === undefined) {
  process.stderr.write(
    'SKIPPED: no browser was found, so no page was opened in one. Install chromium, or name one: CASTELLAN_BROWSER=<path>\n',
  );
}

/** It asks nobody but the servers of the test, and as root it has no sandbox. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface ABrowser {
  /** A window of its own, with no cookie and no memory. `width` in CSS pixels. */
  window(width?: number): Promise<BrowserContext>;
  close(): Promise<void>;
}

export const aBrowser = async (): Promise<ABrowser> => {
  if (BROWSER === undefined) throw new Error('no browser was found');
  const browser: Browser = await chromium.launch({ executablePath: BROWSER, args: ARGUMENTS });
  return {
    window: (width = 1_000) => browser.newContext({ viewport: { width, height: 800 } }),
    close: () => browser.close(),
  };
};
