import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';

import { aClient, type AClient } from '../support/a-client.ts';
import { aGitHub } from '../support/a-github.ts';
import { HAS_GIT } from '../support/a-github-wiki.ts';
import { type APlace, aPlace, ORGANISATION } from '../support/a-place.ts';
import { ADA, BOB, refusalOf, search } from '../support/a-served-place.ts';

vi.setConfig({ testTimeout: 120_000 }); // the program is started many times

/** A private repository with an issue, in which bob collaborates, and a public one with another. */
const aTracker = async () => {
  const server = await aGitHub();
  server.world.organisations.get('acme')?.members.set('ada', 'admin');
  const secret = await server.repository('secret', 'private');
  const open = await server.repository('open', 'public');
  server.collaborate(secret, 'bob');
  const number = await server.issue(secret, { title: 'Spring plan', body: 'what we do in spring' });
  const other = await server.issue(open, { title: 'Open plan', body: 'spring for all' });
  return { server, secret, ids: { secret: `code:issue:${secret}/${number}`, open: `code:issue:${open}/${other}` } };
};

const placed = async (server: { readonly url: string }, token: string): Promise<APlace> => {
  const place = await aPlace([]);
  onTestFinished(() => place.remove());
  await place.configure(`${ORGANISATION}embedding: { provider: none }
sources:
  code:
    connector: github
    url: ${server.url}
    private_network: true
    organisation: acme
    people: { ada: ${ADA}, bob: ${BOB} }
${token}`);
  return place;
};

const attached = async ({ config, data }: APlace, who: string, env: Readonly<Record<string, string>>): Promise<AClient> => {
  const client = await aClient('2026-07-28', { config, data, who, env });
  onTestFinished(() => client.close());
  return client;
};

const verified = z.looseObject({ fidelity: z.looseObject({}).optional() });

test('two people get the issues of the repositories each may see, and a collaborator who is taken out none', async () => {
  const { server, secret, ids } = await aTracker();
  const place = await placed(server, '    token: ${GITHUB_TOKEN}\n');
  const env = { GITHUB_TOKEN: server.tokenOf('crawler') };
  expect(await place.run(['sync'], { env })).toMatchObject({ code: 0 });

  const [ada, bob] = await Promise.all([attached(place, ADA, env), attached(place, BOB, env)]);
  expect((await search(ada)).ids).toEqual([ids.secret, ids.open].toSorted());
  expect((await search(bob)).ids).toEqual([ids.secret, ids.open].toSorted());
  const honest = await place.run(['verify', 'code', '--json'], { env });
  expect([honest.code, verified.safeParse(JSON.parse(honest.stdout)).success]).toEqual([0, true]);

  server.world.repositories.get(secret)?.collaborators.delete('bob');
  const wider = await place.run(['verify', 'code'], { env });
  expect([wider.code, wider.stdout]).toEqual([1, expect.stringContaining(ids.secret)]);
  expect(await place.run(['sync', '--permissions'], { env })).toMatchObject({ code: 0 });
  expect((await search(bob)).ids).toEqual([ids.open]);
  expect(await refusalOf(bob, 'fetch', { id: ids.secret })).toEqual(await refusalOf(bob, 'fetch', { id: 'code:issue:1/1' }));
  expect((await search(ada)).ids).toEqual([ids.secret, ids.open].toSorted());
});

test.skipIf(!HAS_GIT)('two people get the wikis of their own repositories, until they are taken out', async () => {
  const server = await aGitHub();
  const [hers, his] = [await server.repository('hers', 'private'), await server.repository('his', 'private')];
  server.collaborate(hers, 'ada');
  server.collaborate(his, 'bob');
  await server.wiki(hers, { 'Her-Plan.md': 'what she does in spring' });
  await server.wiki(his, { 'His-Plan.md': 'what he does in spring', 'Old.md': 'the spring before' });
  const ids = { hers: `code:page:${hers}/Her-Plan.md`, his: `code:page:${his}/His-Plan.md`, old: `code:page:${his}/Old.md` };
  const place = await placed(server, '    token: ${GITHUB_TOKEN}\n');
  const env = { GITHUB_TOKEN: server.tokenOf('crawler') };
  expect(await place.run(['sync'], { env })).toMatchObject({ code: 0 });

  const [ada, bob] = await Promise.all([attached(place, ADA, env), attached(place, BOB, env)]);
  expect((await search(ada)).ids).toEqual([ids.hers]);
  expect((await search(bob)).ids.toSorted()).toEqual([ids.his, ids.old].toSorted());

  await server.wiki(his, { 'Old.md': undefined });
  server.world.repositories.get(hers)?.collaborators.delete('ada');
  expect(await place.run(['sync'], { env })).toMatchObject({ code: 0 });
  expect((await search(ada)).ids).toEqual([]);
  expect((await search(bob)).ids).toEqual([ids.his]);
});

test('a token that GitHub refuses is named by its variable, and is nowhere in what is said', async () => {
  const { server } = await aTracker();
  const place = await placed(server, '    token: ${GITHUB_TOKEN}\n');
  const { code, stdout, stderr } = await place.run(['sync'], { env: { GITHUB_TOKEN: 'ghp_forgotten' } });
  expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('Give a new one in GITHUB_TOKEN')]);
  expect(stdout + stderr).not.toContain('ghp_forgotten');
});

test('a token that is given to connect is kept, and read with from then on', async () => {
  const { server, ids } = await aTracker();
  const place = await placed(server, '');
  const refused = await place.run(['sync']);
  expect([refused.code, refused.stdout + refused.stderr]).toEqual([1, expect.stringContaining('castellan connect code')]);
  expect(await place.run(['connect', 'code'], { input: `${server.tokenOf('crawler')}\n` })).toMatchObject({ code: 0 });
  expect(await place.run(['sync'])).toMatchObject({ code: 0 });
  expect((await search(await attached(place, ADA, {}))).ids).toEqual([ids.secret, ids.open].toSorted());
});
