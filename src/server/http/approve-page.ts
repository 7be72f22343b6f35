import { createHash } from 'node:crypto';

import { html, raw } from 'hono/html';

import { linesOf } from '../../core/proposal-lines.ts';
import type { Linked } from '../../writes/writes.ts';

const STYLE = `body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;padding:1rem}
del,ins,span{display:block;text-decoration:none}del{background:#fdd;color:#000}ins{background:#dfd;color:#000}
button{font:inherit;padding:.5rem 1.5rem;margin-right:1rem}`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * What stands on every page. Nothing runs, nothing is loaded, nobody frames it. The address is told to nobody else; to us it is, or
 * a browser would not say where the form came from.
 */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
};

/** Shows exactly what would be written, and asks. Inert text, whatever a source or a model wrote into it. */
export const askingPage = ({ pending, by, token }: Linked): Promise<string> =>
  page(
    'May this be written?',
    html`<p>
        <strong>${pending.who}</strong> asks for it through the client <strong>${pending.client}</strong>. You decide as
        <strong>${by}</strong>, until ${clock(pending.expiresAt)}.
      </p>
      ${linesIn(linesOf(pending))}
      <form method="post" autocomplete="off">
        <input type="hidden" name="token" value="${token}" />
        <button name="decision" value="approve">Approve</button>
        <button name="decision" value="decline">Decline</button>
      </form>`,
  );

/** One sentence, and nothing else. */
export const sayingPage = (sentence: string): Promise<string> => page(sentence, '');

type Html = ReturnType<typeof html>;

const page = async (title: string, rest: Html | string): Promise<string> => {
  const whole = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${rest}
        </main>
      </body>
    </html>`;
  return whole.toString();
};

/** Line by line as they are, with nothing between them that was not there. */
const linesIn = (lines: readonly string[]): Html => html`<pre>${lines.map(marked)}</pre>`;

const marked = (line: string): Html => {
  if (/^ {2}- /u.test(line)) return html`<del>${line}</del>`;
  return /^ {2}\+ /u.test(line) ? html`<ins>${line}</ins>` : html`<span>${line}</span>`;
};

/** To the minute, in UTC. */
const clock = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
