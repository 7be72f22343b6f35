import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { Answer, Question } from '../../../src/server/scim/answer.ts';
import { openScimThread, type ScimThread } from '../../../src/server/scim/scim-thread.ts';
import { openStore } from '../../../src/store/sqlite/index-store.ts';
import { aFolder } from '../../support/a-folder.ts';
import { aUser } from '../../support/scim-messages.ts';

/** A thread starts slowly on a machine that has much to do. */
const PATIENCE = 60_000;
const NEVER = new AbortController().signal;

const asked = async (thread: ScimThread, given: Partial<Question> & { readonly json?: object }): Promise<Answer> => {
  const { json, ...question } = given;
  const body = json === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(json)) };
  const answer = await thread.ask({ method: 'GET', path: '/Users', query: '', id: 'ada', now: 7, ...body, ...question }, NEVER);
  if (answer === 'open') throw new Error('it only opened');
  return answer;
};

test(
  'what a thread has acknowledged is there when another one is opened, and in the permissions too',
  async () => {
    const indexPath = join(await aFolder(), 'index.db');
    const given = { indexPath, source: 'people', connector: 'scim', base: 'https://castellan.acme.test/scim/v2' };
    const first = openScimThread(given);
    expect(await first.ask({ open: true, now: 1 }, NEVER)).toBe('open');
    expect(await asked(first, { method: 'POST', json: aUser('ada') })).toMatchObject({ status: 201 });
    expect(await asked(first, { method: 'POST', json: aUser('ada'), id: 'bob' })).toMatchObject({ status: 409 });
    await first.close();

    const second = openScimThread(given);
    expect(JSON.parse((await asked(second, { path: '/Users/ada' })).body ?? '')).toMatchObject({ userName: 'ada@acme.test' });
    await second.close();
    const store = await openStore({ path: indexPath, now: () => 8 });
    expect(await store.history('people', 'account', 'ada')).toMatchObject([{ at: 7, new: { active: true } }]);
    await store.close();
  },
  PATIENCE,
);
