import { describe, expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import { saidBy } from '../support/a-connector-run.ts';
import { aJsonlSource } from '../support/a-jsonl-source.ts';
import { aclOf, containerLine, documentLine } from '../support/json-lines.ts';

/** Says that this file is all there is. */
const WHOLE = [{ type: 'listing' }, { type: 'complete' }];

const keysOf = (changes: readonly Change[]): string[] =>
  changes.flatMap((change) => {
    if (change.type === 'document') return [`document ${change.document.key}`];
    return 'key' in change && change.type !== 'problem' ? [`${change.type} ${change.key}`] : [];
  });

describe('the next run', () => {
  test('of an unchanged file says only that all still stands', async () => {
    const source = await aJsonlSource([...WHOLE, documentLine()]);
    await source.sync();
    expect(saidBy(await source.sync())).toEqual([{ type: 'unchanged' }]);
  });

  test('reads lines appended since alone, and says last that the rest still stands', async () => {
    const source = await aJsonlSource([...WHOLE, documentLine(), documentLine({ key: 'other' })]);
    await source.sync();
    await source.append([{ type: 'acl', key: 'plan', acl: aclOf(['user:ada']) }, documentLine({ key: 'third' })]);
    expect(saidBy(await source.sync())).toMatchObject([
      { type: 'acl', key: 'plan' },
      { document: { key: 'third' } },
      { type: 'unchanged' },
    ]);
    expect(saidBy(await source.sync())).toEqual([{ type: 'unchanged' }]);
  });

  test('reads all when a listing is due', async () => {
    const source = await aJsonlSource([...WHOLE, documentLine()]);
    await source.sync();
    expect(saidBy(await source.sync({ due: { listing: true } }))).toMatchObject([
      { type: 'listing' },
      { type: 'document' },
      { type: 'complete' },
    ]);
  });

  test.each([
    ['was edited in the middle', [documentLine({ title: 'Flan' }), documentLine({ key: 'other' })]],
    ['shrank', [documentLine()]],
  ])('reads a file that %s from the beginning, and cannot say of the rest that it stands', async (_, lines) => {
    const source = await aJsonlSource([...WHOLE, documentLine(), documentLine({ key: 'other' })]);
    await source.sync();
    await source.write(lines);
    const changes = saidBy(await source.sync());
    expect(changes).toHaveLength(lines.length);
    expect(changes).toMatchObject(lines.map(({ key }) => ({ document: { key } })));
    expect(saidBy(await source.sync())).toEqual(changes); // nor ever, until a whole listing says what is left over
  });

  test('reads a file without a whole listing from the beginning each time', async () => {
    const source = await aJsonlSource([documentLine()]);
    await source.sync();
    expect(saidBy(await source.sync())).toMatchObject([{ type: 'document' }]);
  });

  test('knows what a deletion appended since takes along', async () => {
    const source = await aJsonlSource([
      ...WHOLE,
      containerLine(),
      documentLine({ parent: 'space' }),
      documentLine({ key: 'other' }),
    ]);
    await source.sync();
    await source.append([documentLine({ key: 'third' }), { type: 'delete', key: 'space' }]);
    expect(saidBy(await source.sync())).toMatchObject([
      { type: 'delete', key: 'space' },
      { type: 'delete', key: 'plan' },
      { document: { key: 'third' } },
      { type: 'unchanged' },
    ]);
  });

  test('yields all again when what moved away could be deleted with what it left', async () => {
    const source = await aJsonlSource([
      ...WHOLE,
      containerLine(),
      containerLine({ key: 'inner', parent: 'space' }),
      documentLine({ parent: 'inner' }),
    ]);
    await source.sync();
    await source.append([containerLine({ key: 'inner' }), { type: 'delete', key: 'space' }]);
    expect(keysOf(await source.sync())).toEqual(['delete space', 'container inner', 'document plan']);
  });

  test('closes a listing that was opened before it, with all that was named since', async () => {
    const source = await aJsonlSource([...WHOLE, documentLine({ key: 'gone' }), { type: 'listing' }, documentLine()]);
    await source.sync();
    await source.append([documentLine({ key: 'other' }), { type: 'complete' }]);
    expect(saidBy(await source.sync())).toMatchObject([
      { type: 'listing' },
      { document: { key: 'plan' } },
      { document: { key: 'other' } },
      { type: 'complete' },
    ]);
  });

  test('puts together a group whose pages came in two runs', async () => {
    const source = await aJsonlSource([...WHOLE, { type: 'members', group: 'eng', members: ['user:ada'], more: true }]);
    await source.sync();
    await source.append([{ type: 'members', group: 'eng', members: ['user:bob'] }]);
    expect(saidBy(await source.sync())).toContainEqual({ type: 'members', group: 'eng', members: ['user:ada', 'user:bob'] });
  });

  test('takes a last line without a newline as it is, and sees when it goes on', async () => {
    const source = await aJsonlSource([...WHOLE]);
    await source.append(JSON.stringify(documentLine()));
    expect(keysOf(await source.sync())).toEqual(['document plan']);
    await source.append(`\n${JSON.stringify(documentLine({ key: 'other' }))}`);
    expect(saidBy(await source.sync())).toMatchObject([{ document: { key: 'other' } }, { type: 'unchanged' }]);
    await source.append('}\n');
    expect(saidBy(await source.sync())).toContainEqual({ type: 'problem', error: 'line 4 is not JSON' });
  });
});
