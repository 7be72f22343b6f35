import OpenAI from 'openai';

import type { Fetch } from '../core/connector.ts';

/** OpenAI’s API, or one that speaks as it does. */
export type Api = OpenAI;

export interface ClientOptions {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly fetch: Fetch;
  /** Until an answer has begun, in ms. */
  readonly timeout: number;
  /** How often a request is made again that only computes. */
  readonly maxRetries: number;
}

/** OpenAI's client with nothing that it would take from the environment: not its address, not its organisation, not what it logs. */
export const openClient = ({ apiKey, baseUrl, fetch, timeout, maxRetries }: ClientOptions): Api =>
  new OpenAI({
    apiKey,
    baseURL: baseUrl,
    fetch,
    timeout,
    maxRetries,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    fetchOptions: { redirect: 'manual' }, // a request holds documents and a token: it goes where it was meant to, and nowhere else
  });
