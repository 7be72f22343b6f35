import { createServer } from 'node:http';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { aWaitingWrite } from '../support/a-waiting-write.ts';
import { type ABrowser, aBrowser, BROWSER } from '../support/a-browser.ts';

/** What a phone is wide, in CSS pixels. */
const PHONE = 390;

let browser: ABrowser | undefined;

beforeAll(async () => {
  if (BROWSER !== undefined) browser = await aBrowser();
});
afterAll(() => browser?.close());

/** A page in a window of its own, and what it asked for, said or tried. */
const aPage = async (width?: number) => {
  if (!browser) throw new Error('there is no browser');
  const window = await browser.window(width);
  onTestFinished(() => window.close());
  const page = await window.newPage();
  const [asked, said]: [string[], string[]] = [[], []];
  page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
  page.on('dialog', (dialog) => {
    said.push(dialog.message());
    void dialog.dismiss();
  });
  return { page, asked, said };
};

/** A page of somebody else's, on an origin of their own. */
const aForeignPage = async (body: string): Promise<string> => {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(body));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens nowhere');
  return `http://127.0.0.1:${address.port}/`;
};

const tokenIn = (page: Page): Promise<string> => page.locator('input[name=token]').inputValue();

describe.skipIf(BROWSER === undefined)('in a real browser', () => {
  test('somebody reads what would be written, says yes, and it can be written', async () => {
    const { link, commit, leave } = await aWaitingWrite();
    const { page, asked } = await aPage();
    const url = await link();
    await page.goto(url);
    expect(await page.getByRole('heading').textContent()).toBe('May this be written?');
    expect(await page.locator('del').allTextContents()).toEqual(['  - Leave is ten days.']);
    expect(await page.locator('ins').allTextContents()).toEqual(['  + Leave is twelve days.']);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('You approved it.').waitFor();
    expect(new Set(asked)).toEqual(new Set([`GET ${url}`, `POST ${url}`])); // nothing else is loaded
    expect(await commit()).toMatchObject({ outcome: 'done' });
    expect(await leave()).toBe('Leave is twelve days.\n');

    await page.goBack();
    await page.reload();
    await page.getByText('This was decided already.').waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
  });

  test('the keyboard alone is enough to say no', async () => {
    const { link, commit } = await aWaitingWrite();
    const { page } = await aPage();
    await page.goto(await link());
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Decline');
    await page.keyboard.press('Enter');
    await page.getByText('You declined it.').waitFor();
    await expect(commit()).rejects.toThrow('said no');
  });

  test('whatever is written into it stays text', async () => {
    const replace = [
      '</pre></ins><script>alert(1)</script><img src=x onerror=alert(2)>',
      '<form action="https://evil.test"><button>Approve</button></form>',
      '<a href="javascript:alert(3)">here</a><style>del{display:none}</style><meta http-equiv=refresh content="0;url=https://evil.test">',
      '\u202Eevas\u202C',
    ].join('\n');
    const { link, desk } = await aWaitingWrite({ replace });
    const { page, asked, said } = await aPage();
    const url = await link();
    await page.goto(url);
    await page.waitForTimeout(500); // what would run has run by then
    expect(said).toEqual([]);
    expect(asked).toEqual([`GET ${url}`]);
    expect(await page.locator('script, img, a, iframe, meta[http-equiv], form button').allTextContents()).toEqual([
      'Approve',
      'Decline',
    ]);
    expect(await page.locator('style').count()).toBe(1);
    expect(await page.locator('del').first().isVisible()).toBe(true);
    expect(await page.locator('pre').innerText()).toContain('<script>alert(1)</script>');
    expect(await page.locator('pre').innerText()).not.toMatch(/[\u202A-\u202E]/u);
    expect(await desk.pending()).toHaveLength(1);
  });

  test('a long line and a small screen hide nothing', async () => {
    const replace = `${'x'.repeat(3_000)} and the end of it`;
    const { link } = await aWaitingWrite({ replace });
    const { page } = await aPage(PHONE);
    await page.goto(await link());
    expect(await page.evaluate('document.scrollingElement.scrollWidth <= window.innerWidth')).toBe(true);
    const box = await page.locator('ins').boundingBox();
    expect(box?.width).toBeLessThan(PHONE);
    expect(box?.height).toBeGreaterThan(1_000); // all of it, over many lines
    expect(await page.getByRole('button', { name: 'Approve' }).isVisible()).toBe(true);
  });

  test('a page of somebody else decides nothing, though it knows the link and the token', async () => {
    const { link, desk } = await aWaitingWrite();
    const url = await link();
    const { page } = await aPage();
    await page.goto(url);
    const token = await tokenIn(page);
    const form = `<form method=post action="${url}"><input name=token value="${token}"><input name=decision value=approve></form>`;
    await page.goto(await aForeignPage(form));
    const answer = page.waitForResponse(url);
    await page.evaluate('document.forms[0].submit()');
    expect((await answer).status()).toBe(403);
    expect(await desk.pending()).toHaveLength(1);
  });

  test('no page of somebody else shows it in a frame, to have it clicked unseen', async () => {
    const { link, desk } = await aWaitingWrite();
    const url = await link();
    const { page } = await aPage();
    await page.goto(await aForeignPage(`<iframe src="${url}" width=900 height=700></iframe>`));
    await page.waitForTimeout(500);
    const texts = await Promise.all(page.frames().map((frame) => frame.evaluate<string>('document.body.innerText')));
    expect(texts.join('')).not.toContain('May this be written?');
    expect(await desk.pending()).toHaveLength(1);
  });
});
