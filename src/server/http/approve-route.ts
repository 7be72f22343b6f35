import { AppError, ERRORS } from '../../core/errors.ts';
import type { Writes } from '../../writes/writes.ts';
import type { Asked } from './asked.ts';
import { askingPage, PAGE_HEADERS, sayingPage } from './approve-page.ts';
import { encodedBody, readBody } from './body.ts';
import { createBuckets } from './bucket.ts';
import { retryAfter } from './limits.ts';

export interface ApproveRouteParts {
  readonly writes: Pick<Writes, 'linked' | 'decideLinked'>;
  /** ms since 1970. */
  readonly now: () => number;
}

/** Where somebody with a link decides about a write. */
export interface ApproveRoute {
  /** `link`: what stands below `/approve/`. `from`: the address it came from. */
  answer(request: Request, given: Given): Promise<Response>;
}

interface Given {
  readonly link: string;
  readonly from: string;
  readonly asked: Asked;
  readonly unknown: (why: string) => void;
}

/** A form with a token and a word. */
const BODY_MAX = 4_096;
/** Of one address: so many at once, and as many again in a minute. */
const PER_MINUTE = 60;
const MINUTE = 60_000;
const ADDRESSES_MAX = 10_000;

/** Builds the route. To look changes nothing, however often a mail scanner does; to decide takes the form that was shown. */
export const createApproveRoute = ({ writes, now }: ApproveRouteParts): ApproveRoute => {
  const brake = createBuckets({ capacity: PER_MINUTE, perMs: MINUTE, most: ADDRESSES_MAX, now });
  return {
    answer: async (request, { link, from, asked, unknown }) => {
      asked.client = 'page';
      const refuse = (
        code: AppError['code'],
        sentence: string,
        status: number = ERRORS[code].status,
        more = {},
      ): Promise<Response> => {
        asked.code = code;
        return said(sentence, status, more);
      };
      const wait = brake.take(from);
      if (wait > 0)
        return refuse(
          'rate_limited',
          'Too many requests came from there. Try again in a minute.',
          429,
          retryAfter(Math.ceil(wait / 1000)),
        );
      try {
        if (request.method === 'GET' || request.method === 'HEAD') return await shown(link);
        if (request.method !== 'POST')
          return refuse('invalid_input', 'This page is only read and answered.', 405, { allow: 'GET, HEAD, POST' });
        if (!isOurForm(request)) {
          unknown('foreign form');
          return refuse('forbidden', 'This was not sent from our page. Open the link, and decide there.');
        }
        return await decided(request, link);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        if (error.code === 'not_found') unknown('no link');
        return refuse(error.code, SENTENCES[error.code] ?? error.message);
      }
    },
  };

  async function shown(link: string): Promise<Response> {
    const linked = await writes.linked(link);
    if (!linked) throw new AppError('not_found', NO_LINK);
    const { state, expiresAt } = linked.pending;
    if (state === 'expired' || (state === 'proposed' && expiresAt <= now())) throw new AppError('expired', '');
    if (state !== 'proposed') throw new AppError('conflict', '');
    return new Response(await askingPage(linked), { headers: PAGE_HEADERS });
  }

  async function decided(request: Request, link: string): Promise<Response> {
    const body = await readBody(request, BODY_MAX);
    if (body === 'too large') throw new AppError('too_large', 'The form is too large.');
    const form = new URLSearchParams(new TextDecoder().decode(body));
    const decision = form.get('decision');
    if (decision !== 'approve' && decision !== 'decline')
      throw new AppError('invalid_input', 'Nothing was decided. Open the link, and press a button.');
    await writes.decideLinked(link, { yes: decision === 'approve', token: form.get('token') ?? '' });
    return said(decision === 'approve' ? APPROVED : DECLINED, 200);
  }
};

const APPROVED = 'You approved it. It is written when whoever asked for it goes on, if nothing has changed by then.';
const DECLINED = 'You declined it. Nothing is written.';
const NO_LINK = 'There is nothing to decide here: this is no link of ours, or what it was for has changed. Ask for another.';

const SENTENCES: Readonly<Partial<Record<AppError['code'], string>>> = {
  not_found: NO_LINK,
  expired: 'The time to decide about this is over, and nothing was written.',
  conflict: 'This was decided already. Nothing is left to do here.',
  unavailable: 'Your decision could not be kept. Try again in a moment.',
};

const said = async (sentence: string, status: number, more: Readonly<Record<string, string>> = {}): Promise<Response> =>
  new Response(await sayingPage(sentence), { status, headers: { ...PAGE_HEADERS, ...more } });

/** A browser says where a form came from; whatever says nothing of it still needs the token. */
const isOurForm = (request: Request): boolean => {
  const site = request.headers.get('sec-fetch-site');
  const type = request.headers.get('content-type') ?? '';
  return (
    (site === null || site === 'same-origin') &&
    /^application\/x-www-form-urlencoded\s*(?:;|$)/iu.test(type) &&
    !encodedBody(request)
  );
};
