import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { askAll, isRefusal } from '../../connectors/github/api.ts';
import { OPERATIONS } from '../../connectors/github/calls.ts';
import { hook } from '../../connectors/github/hook.ts';
import { issueDocument, issueOf, repositoryChange } from '../../connectors/github/map.ts';
import {
  COLLABORATOR,
  COMMENT,
  FILE,
  ISSUE,
  type Kind,
  ORGANISATION,
  REF,
  REPOSITORY,
  understood,
} from '../../connectors/github/replies.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Fetch } from '../../src/core/connector.ts';
import { declaredCalls } from '../../src/sources/declared.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';
import { githubSettings } from '../support/github-settings.ts';

const OCTOKIT = join(import.meta.dirname, '..', '..', 'node_modules', '@octokit');
const read = (...path: readonly string[]): unknown => JSON.parse(readFileSync(join(OCTOKIT, ...path), 'utf8'));

const recordingSchema = z.array(
  z.looseObject({
    method: z.string(),
    path: z.string(),
    status: z.number(),
    response: z.unknown(),
    headers: z.looseObject({ link: z.string().default('') }),
  }),
);

/** What api.github.com replied to somebody, once: without what would tell who they are. */
const recorded = (scenario: string): z.infer<typeof recordingSchema> =>
  recordingSchema.parse(read('fixtures', 'scenarios', 'api.github.com', scenario, 'normalized-fixture.json'));

const replies = (scenario: string): unknown[] =>
  recorded(scenario)
    .filter(({ method, status }) => method === 'get' && status === 200)
    .flatMap(({ response }): unknown[] => (Array.isArray(response) ? response : [response]));

const understand = <T>(kind: Kind<T>, reply: unknown): T => {
  const one = understood({ notice: () => undefined }, kind, reply);
  if (one instanceof AppError) throw one;
  return one;
};

describe('what api.github.com replied', () => {
  test('of an organisation, its collaborators and its files is understood', () => {
    expect(replies('get-organization').map((one) => understand(ORGANISATION, one).login)).toEqual(['octokit-fixture-org']);
    const people = replies('add-and-remove-repository-collaborator').filter((one) => 'login' in Object(one));
    expect(people.map((one) => understand(COLLABORATOR, one).permissions.pull)).toEqual([true, true, true]);
    // One of them is the bytes of a file, as they are.
    const files = replies('get-content').filter((one) => typeof one === 'object');
    expect(files.map((one) => understand(FILE, one).path)).toEqual(['README.md']);
    expect(replies('git-refs').map((one) => understand(REF, one).object.type)).toEqual(['commit', 'commit', 'commit']);
  });

  test('of a repository, also of one that was renamed, lacks nothing but what is asked for otherwise', () => {
    for (const reply of [...replies('get-repository'), ...replies('rename-repository')]) {
      const repository = understand(REPOSITORY, reply);
      expect(repositoryChange(repository, { unknown: 'x' })).toMatchObject({
        key: `repo:${repository.id}`,
        title: repository.full_name,
      });
    }
  });

  test('where a repository was renamed leads to a call that is declared', () => {
    const [moved] = recorded('rename-repository').filter(({ method, status }) => method === 'get' && status === 301);
    const { url } = z.looseObject({ url: z.url() }).parse(moved?.response);
    expect(declaredCalls(OPERATIONS)('GET', new URL(url).pathname)?.operation.name).toBe('list repositories');
  });

  test('of issues, page after page, is one list, by the links between them', async () => {
    const pages = recorded('paginate-issues');
    const fetch: Fetch = async (input) => {
      const { searchParams } = new URL(new Request(input).url);
      const page = pages[Number(searchParams.get('page') ?? 1) - 1];
      return new Response(JSON.stringify(page?.response), { headers: { link: page?.headers.link ?? '' } });
    };
    const run = aConnectorRun(githubSettings({ url: 'https://api.github.com' }), { folder: '/', fetch });
    const all = await askAll(run, { what: 'issues', path: '/repositories/1000/issues' });
    if (isRefusal(all)) throw all.refused;
    const issues = all.map((reply) => understand(ISSUE, reply));
    expect(issues.map(({ number }) => number)).toEqual(Array.from({ length: 13 }, (_, index) => 13 - index));
    const [repository] = replies('get-repository').map((reply) => understand(REPOSITORY, reply));
    if (!repository) throw new Error('there is no repository');
    for (const issue of issues) {
      expect(issueDocument(repository, issue)).toMatchObject({
        key: `issue:${repository.id}/${issue.number}`,
        url: expect.stringMatching(/^https:\/\/github\.com\/octokit-fixture-org\/paginate-issues\/issues\/\d+$/u),
      });
    }
  });
});

const deliverySchema = z.array(z.object({ name: z.string(), examples: z.array(z.record(z.string(), z.unknown())) }));
const deliveries = deliverySchema
  .parse(read('webhooks-examples', 'api.github.com', 'index.json'))
  .flatMap(({ name, examples }) => examples.map((payload) => ({ name, payload })));
const told = (event: string, field: string): unknown[] =>
  deliveries.filter(({ name, payload }) => name === event && field in payload).map(({ payload }) => payload[field]);

describe('what GitHub delivered to webhooks', () => {
  test('is known by its signature, and with another byte it is not', () => {
    expect(deliveries.length).toBeGreaterThan(200);
    for (const [index, { payload }] of deliveries.entries()) {
      const body = Buffer.from(JSON.stringify(payload));
      const signature = `sha256=${createHmac('sha256', 'our secret').update(body).digest('hex')}`;
      const headers = new Headers({ 'x-github-delivery': `d-${index}`, 'x-hub-signature-256': signature });
      const verified = (given: Uint8Array): unknown =>
        hook.verify({ headers, body: new Uint8Array(given) }, 'our secret', new Date());
      expect(verified(body)).toBe(`d-${index}`);
      body.writeUInt8(body.readUInt8(index % body.byteLength) ^ 1, index % body.byteLength);
      expect(verified(body)).toBeUndefined();
    }
  });

  test('of issues and comments is understood as what the interface gives of them', () => {
    // Those of what was pinned were shortened by whoever gave them away.
    const issues = [...told('issues', 'issue'), ...told('issue_comment', 'issue')].filter((one) => 'state' in Object(one));
    const comments = [...told('issue_comment', 'comment'), ...told('pull_request_review_comment', 'comment')];
    expect([issues.length > 20, comments.length > 5]).toEqual([true, true]);
    for (const issue of issues) expect(understand(ISSUE, issue).number).toBeGreaterThan(0);
    for (const comment of comments) expect(issueOf(understand(COMMENT, comment))).toBeGreaterThan(0);
  });
});
