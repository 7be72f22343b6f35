import { describe, expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import { aJsonlSource } from '../support/a-jsonl-source.ts';
import { saidBy } from '../support/a-connector-run.ts';
import { only } from '../support/builders.ts';
import { aclOf, containerLine, documentLine, type JsonLine } from '../support/json-lines.ts';

/** What a file says that is read for the first time. */
const said = async (lines: readonly JsonLine[]): Promise<unknown[]> => saidBy(await (await aJsonlSource(lines)).sync());

const keysOf = (changes: readonly Change[]): string[] =>
  changes.flatMap((change) => {
    if (change.type === 'document') return [`document ${change.document.key}`];
    return 'key' in change && change.type !== 'problem' ? [`${change.type} ${change.key}`] : [];
  });

const forAda = (key: string): JsonLine => ({ type: 'acl', key, acl: aclOf(['user:ada']) });

describe('a line', () => {
  test('of a document becomes the document it states', async () => {
    const line = documentLine({
      kind: 'ticket',
      parent: 'space',
      url: 'https://tickets.acme.test/7',
      author: 'user:ada',
      revision: '7',
      labels: ['restricted'],
      fields: { status: 'open', amount: 3, due: null, urgent: true },
      format: 'markdown',
    });
    expect(await said([line])).toEqual([
      {
        type: 'document',
        document: {
          key: 'plan',
          title: 'Plan',
          type: 'ticket',
          parent: 'space',
          url: 'https://tickets.acme.test/7',
          updatedAt: new Date('2026-01-02T03:04:05Z'),
          acl: only('everyone'),
          body: { kind: 'text', text: 'We move in spring.', format: 'markdown' },
          author: 'user:ada',
          revision: '7',
          labels: ['restricted'],
          fields: { status: 'open', amount: 3, due: null, urgent: true },
        },
      },
    ]);
  });

  test('of a document may give parts in the stead of a text', async () => {
    const parts = [
      { text: 'Hello', author: 'user:ada', location: { message: '1' }, at: '2026-01-02T03:04:05+01:00' },
      { text: 'Hi' },
    ];
    expect(await said([documentLine({ parts, text: undefined, format: undefined })])).toMatchObject([
      {
        document: {
          type: 'document',
          body: {
            kind: 'parts',
            parts: [
              {
                text: 'Hello',
                format: 'plain',
                author: 'user:ada',
                location: { message: '1' },
                at: new Date('2026-01-02T02:04:05Z'),
              },
              { text: 'Hi', format: 'plain', location: {} },
            ],
          },
        },
      },
    ]);
  });

  test('of an account carries its e-mails as they are compared', async () => {
    const account = { id: 'u1', name: 'Ada', emails: [' Ada@ACME.test'], active: false, kind: 'guest' };
    expect(await said([{ type: 'account', ...account }])).toEqual([
      { type: 'account', account: { ...account, emails: ['ada@acme.test'] } },
    ]);
  });

  test('that is blank, ends with a carriage return or follows a byte order mark is read as people mean it', async () => {
    const source = await aJsonlSource(`\uFEFF${JSON.stringify(documentLine())}\r\n\n  \n${JSON.stringify(containerLine())}\r\n`);
    expect(keysOf(await source.sync())).toEqual(['container space', 'document plan']);
  });
});

describe('the file at its end', () => {
  test('yields the last statement of each name, in the order that decides first', async () => {
    const changes = await said([
      documentLine({ title: 'Old' }),
      documentLine({ key: 'other' }),
      containerLine(),
      { type: 'members', group: 'eng', members: ['user:ada'] },
      { type: 'members', group: 'eng', members: ['user:bob'] },
      { type: 'account', id: 'ada', emails: [], active: true, kind: 'member' },
      documentLine({ title: 'New' }),
    ]);
    expect(changes).toMatchObject([
      { type: 'account' },
      { type: 'members', members: ['user:bob'] },
      { type: 'container' },
      { document: { key: 'other' } },
      { document: { title: 'New' } },
    ]);
    expect(changes).toHaveLength(5);
  });

  test('an acl stands in for that of its document or container, until that is stated again', async () => {
    expect(await said([documentLine(), containerLine(), forAda('plan'), forAda('space')])).toMatchObject([
      { type: 'container', acl: only('user:ada') },
      { document: { acl: only('user:ada') } },
    ]);
    expect(await said([documentLine(), forAda('plan'), documentLine()])).toMatchObject([{ document: { acl: only('everyone') } }]);
  });

  test('an acl of a key that is not stated is yielded as it is', async () => {
    expect(await said([{ type: 'acl', key: 'plan', acl: aclOf(['user:ada']) }])).toEqual([
      { type: 'acl', key: 'plan', acl: only('user:ada') },
    ]);
  });

  test('a deletion takes all below with it, and is yielded for what may be stored from before', async () => {
    const lines = [
      containerLine(),
      containerLine({ key: 'inner', parent: 'space' }),
      documentLine({ parent: 'inner' }),
      documentLine({ key: 'other' }),
      { type: 'delete', key: 'space' },
      { type: 'delete', key: 'never-seen' },
      { type: 'acl', key: 'plan', acl: aclOf(['everyone']) },
    ];
    expect(await said(lines)).toMatchObject([
      { type: 'delete', key: 'space' },
      { type: 'delete', key: 'inner' },
      { type: 'delete', key: 'plan' },
      { type: 'delete', key: 'never-seen' },
      { document: { key: 'other' } },
    ]);
  });

  test('a document stated after its deletion is back, and what was below it is not', async () => {
    const lines = [
      documentLine(),
      documentLine({ key: 'comment', parent: 'plan' }),
      { type: 'delete', key: 'plan' },
      documentLine(),
    ];
    expect(await said(lines)).toMatchObject([{ type: 'delete', key: 'comment' }, { document: { key: 'plan' } }]);
  });

  test('a deletion ends where parents form a ring', async () => {
    const lines = [
      containerLine({ key: 'a', parent: 'b' }),
      containerLine({ key: 'b', parent: 'a' }),
      { type: 'delete', key: 'a' },
    ];
    expect(await said(lines)).toEqual([
      { type: 'delete', key: 'a' },
      { type: 'delete', key: 'b' },
    ]);
  });

  test('pages of a group are put together, and large groups are yielded in pages', async () => {
    const many = Array.from({ length: 10_001 }, (_, index) => `user:u${index}`);
    const changes = await said([
      { type: 'members', group: 'eng', members: ['user:ada'], more: true },
      { type: 'members', group: 'all', members: many },
      { type: 'members', group: 'eng', members: ['user:bob'], more: true },
      { type: 'members', group: 'eng', members: [] },
    ]);
    expect(changes).toEqual([
      { type: 'members', group: 'all', members: many.slice(0, 10_000), more: true },
      { type: 'members', group: 'all', members: ['user:u10000'] },
      { type: 'members', group: 'eng', members: ['user:ada', 'user:bob'] },
    ]);
  });

  test('a group whose last page has not come is unknown', async () => {
    const lines = [
      { type: 'members', group: 'eng', members: ['user:ada'] },
      { type: 'members', group: 'eng', members: ['user:bob'], more: true },
    ];
    expect(await said(lines)).toEqual([{ type: 'members', group: 'eng', members: { unknown: 'its listing has not ended' } }]);
  });
});

describe('a listing', () => {
  test('is yielded around all that survives it, and drops what it did not name', async () => {
    const lines = [
      documentLine({ key: 'gone' }),
      { type: 'account', id: 'left', emails: ['left@acme.test'], active: true, kind: 'member' },
      { type: 'members', group: 'gone', members: [] },
      { type: 'listing' },
      documentLine(),
      { type: 'complete' },
      documentLine({ key: 'later' }),
      { type: 'acl', key: 'gone', acl: aclOf(['everyone']) },
    ];
    expect(await said(lines)).toMatchObject([
      { type: 'listing' },
      { type: 'account', account: { id: 'left', active: false } },
      { document: { key: 'plan' } },
      { document: { key: 'later' } },
      { type: 'complete' },
    ]);
  });

  test('of a container drops only what is below it', async () => {
    const lines = [
      containerLine(),
      documentLine({ key: 'gone', parent: 'space' }),
      documentLine({ key: 'elsewhere' }),
      { type: 'listing', of: 'space' },
      documentLine({ parent: 'space' }),
      { type: 'complete', of: 'space' },
    ];
    expect(await said(lines)).toMatchObject([
      { type: 'listing', of: 'space' },
      { type: 'container' },
      { document: { key: 'elsewhere' } },
      { document: { key: 'plan' } },
      { type: 'complete', of: 'space' },
    ]);
  });

  test('that was never completed deletes nothing', async () => {
    expect(await said([documentLine(), { type: 'listing' }])).toMatchObject([{ document: { key: 'plan' } }]);
  });
});
