import { expect, test } from 'vitest';

import type { Freshness } from '../../src/core/freshness.ts';
import { aCompany, type Company, PEOPLE } from '../support/a-github-company.ts';

const HOUR = 3_600_000;
/** Nobody sees what is older than its promise, permissions or text. */
const PROMISED: Freshness = {
  content: { within: 2 * HOUR, onBreach: 'deny' },
  permissions: { within: 2 * HOUR, onBreach: 'deny' },
};
/** Of texts nothing is promised here. */
const PERMISSIONS: Freshness = { ...PROMISED, content: { within: 1_000 * HOUR, onBreach: 'label' } };
const CHANGES = { listing: false, permissions: true, content: true };

/** A company that was read whole, with a file in each repository: of issues the newest come again in every run. */
const read = async (
  freshness: Freshness,
  given: object = {},
): Promise<Company & { readonly files: readonly [string, string] }> => {
  const company = await aCompany({ ...given }, freshness);
  const { server, source, open, keys } = company;
  await server.file(open, 'docs/open.md', 'open to all');
  expect(await source.sync()).toMatchObject({ status: 'complete' });
  return { ...company, files: [keys.file, `file:${open}/docs/open.md`] };
};

/** One of which GitHub then refuses something for longer than anything is promised. */
const refusedLong = async (refused: RegExp, freshness: Freshness, given: object = {}): ReturnType<typeof read> => {
  const company = await read(freshness, given);
  const { server, source } = company;
  server.instead = (path) => (refused.test(path) ? { status: 403, body: { message: 'Not for you' } } : undefined);
  for (let run = 0; run < 3; run += 1) {
    source.clock.now += HOUR;
    expect(await source.sync({ due: CHANGES })).toMatchObject({ status: 'partial' });
  }
  return company;
};

const secretOnly = ({ secret }: Company, rest: string): RegExp => new RegExp(`^/repositories/${secret}/${rest}`, 'u');

test('who may see what stands where the contents of one repository are refused', async () => {
  const {
    files: [secret, open],
    whoSees,
  } = await refusedLong(/^\/repositories\/\d+\/issues$/u, PERMISSIONS);
  expect(await whoSees(open)).toEqual([...PEOPLE]);
  expect(await whoSees(secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
});

test('of a repository that keeps to itself who may see it nobody sees anything, and all others stand', async () => {
  const {
    files: [secret, open],
    whoSees,
    source,
    server,
  } = await refusedLong(/\/collaborators$/u, PROMISED);
  expect([await whoSees(secret), await whoSees(open)]).toEqual([[], [...PEOPLE]]);
  server.instead = () => undefined;
  expect(await source.sync({ due: CHANGES })).toMatchObject({ status: 'complete' });
  expect(await whoSees(secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
});

test('a profile that is refused costs whom it is of, and nobody else', async () => {
  const {
    files: [secret, open],
    source,
  } = await refusedLong(/^\/users\/bob$/u, PROMISED, { profile_emails: true, people: { cyd: 'cyd@acme.test' } });
  expect(await source.sees('cyd', [open, secret])).toEqual([open, secret]);
});

test('of a team that is refused the last list ages, and all else stands', async () => {
  const {
    files: [secret, open],
    whoSees,
  } = await refusedLong(/\/team\/\d+\/members$/u, PROMISED);
  expect([await whoSees(secret), await whoSees(open)]).toEqual([['ada', 'gus'], [...PEOPLE]]);
});

test('where it is not told who is a member, nothing stands', async () => {
  const {
    files: [secret, open],
    whoSees,
  } = await refusedLong(/^\/orgs\/acme\/members$/u, PROMISED);
  expect([await whoSees(secret), await whoSees(open)]).toEqual([[], []]);
});

test('where not all repositories are told, nothing stands that was not read', async () => {
  const { server, source, files, whoSees } = await read(PROMISED);
  server.instead = async (path, reply) => {
    if (path !== '/orgs/acme/repos') return undefined;
    const answer = await reply();
    return { ...answer, body: [...(Array.isArray(answer.body) ? answer.body : []), { name: 'no id' }] };
  };
  source.clock.now += 3 * HOUR;
  expect(await source.sync({ due: CHANGES })).toMatchObject({ status: 'partial' });
  expect(await Promise.all(files.map(whoSees))).toEqual([[], []]);
});

test('a text that cannot be read is not fresh, and all others are', async () => {
  const company = await read(PROMISED);
  const { server, source, secret, files } = company;
  await server.file(secret, 'docs/more.md', 'more');
  await source.sync();
  await server.file(secret, 'docs/guide.md', '# Another guide');
  server.instead = (path) => (secretOnly(company, 'git/blobs/').test(path) ? { status: 500, body: {} } : undefined);
  for (let run = 0; run < 3; run += 1) {
    source.clock.now += HOUR;
    await source.sync({ due: CHANGES });
  }
  expect(await source.sees('cyd', [...files, `file:${secret}/docs/more.md`])).toEqual([files[1], `file:${secret}/docs/more.md`]);
});
