import { AppError } from './errors.ts';

/**
 * The JSON of a reply. What is none – a page that asks somebody to sign in, another encoding than UTF-8, a text that ends too soon –
 * is `source_changed`, and never half understood: wrong characters would be stored as if they were the source's.
 */
export const jsonOf = async (response: Response, call: string): Promise<unknown> => {
  const bytes = await response.bytes();
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return parsed;
  } catch (cause) {
    const kind = (response.headers.get('content-type') ?? 'nothing it names').slice(0, 100).replace(/[^\w/+.;= -]/gu, '');
    throw new AppError(
      'source_changed',
      `${call} answered with something that is no JSON in UTF-8 (${kind}). Look at its address.`,
      {
        cause,
      },
    );
  }
};
