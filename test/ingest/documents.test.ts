import { expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import type { Body, SourceDocument } from '../../src/core/document.ts';
import type { StoredChunk } from '../../src/store/reader.ts';
import { aSync } from '../support/a-sync.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { aDocument, only } from '../support/builders.ts';

const told = (given: Partial<SourceDocument>): Change<number> => ({ type: 'document', document: aDocument(given) });
const text = (content: string, format: 'plain' | 'markdown' = 'plain'): Body => ({ kind: 'text', text: content, format });

interface Read {
  readonly title: string;
  readonly text: string;
  readonly chunks: readonly StoredChunk[];
}

const read = (index: AnIndex, key = 'plan'): Read | undefined =>
  index.reader().read((reading) => {
    const document = reading.document('wiki', key);
    const chunks = document ? reading.chunks(document.item) : [];
    return document && { title: document.title, text: chunks.map((chunk) => chunk.text).join(''), chunks };
  });

/** A body that counts how often it is read. */
const counting = (content: string): { readonly body: Body; readonly reads: () => number } => {
  let reads = 0;
  const body: Body = {
    kind: 'bytes',
    mediaType: 'text/plain; charset=utf-8',
    read: async () => {
      reads += 1;
      return Buffer.from(content);
    },
  };
  return { body, reads: () => reads };
};

test('the same revision is not read again; another one, title, author or parser setting is', async () => {
  const index = await anIndex();
  const { body, reads } = counting('We move in spring.');
  const first = { body, revision: '1' };
  await aSync(index.store, [told(first)]);
  await aSync(index.store, [told({ ...first, labels: ['restricted'], acl: only('user:ada') })]);
  expect(reads()).toBe(1);
  expect(index.reader().read((reading) => reading.document('wiki', 'plan'))).toMatchObject({ labels: ['restricted'] });
  await aSync(index.store, [told({ ...first, title: 'New plan' })]);
  expect(reads()).toBe(2);
  await aSync(index.store, [told({ ...first, title: 'New plan', author: 'user:ada' })]);
  expect(reads()).toBe(3);
  await aSync(index.store, [told({ ...first, title: 'New plan', author: 'user:ada' })], { hosts: ['wiki.acme.test'] });
  expect(reads()).toBe(4);
  await aSync(index.store, [told({ ...first, title: 'New plan', author: 'user:ada', revision: '2' })], {
    hosts: ['wiki.acme.test'],
  });
  expect(reads()).toBe(5);
});

test('a new title is found at once, whatever the revision says', async () => {
  const index = await anIndex();
  await aSync(index.store, [told({ revision: '1' })]);
  await aSync(index.store, [told({ revision: '1', title: 'Budget' })]);
  const chunks = await index.store.waiting('words/1', 10);
  expect(chunks.map(({ embedded }) => embedded)).toEqual(['Budget\nWe move in spring.']);
});

test('without revisions the same body is read but not indexed again', async () => {
  const index = await anIndex();
  const document: Change<number> = told({ body: counting('same').body });
  expect((await aSync(index.store, [document])).counts.changed).toBe(1);
  expect((await aSync(index.store, [document])).counts.changed).toBe(0);
  expect((await aSync(index.store, [told({ body: counting('other').body })])).counts.changed).toBe(1);
  expect(read(index)?.text).toBe('other');
});

test('where only permissions are due no body is read, and the text is read when it is due', async () => {
  const index = await anIndex();
  await aSync(index.store, [told({ revision: '1' })]);
  const { body, reads } = counting('new text');
  const due = { listing: false, permissions: true, content: false };
  await aSync(index.store, [told({ revision: '2', body, acl: only('user:ada') })], { due });
  expect(reads()).toBe(0);
  expect(index.reader().read((reading) => reading.document('wiki', 'plan')?.acl.value)).toEqual(only('user:ada'));
  await aSync(index.store, [told({ revision: '2', body })]);
  expect(read(index)?.text).toBe('new text');
});

test('parts keep their places and authors; one without an author has none', async () => {
  const index = await anIndex();
  const parts: Body = {
    kind: 'parts',
    parts: [
      { text: 'Who moves?', format: 'plain', location: { message: '1' }, author: 'user:ada' },
      { text: '# Answer\nAll of us.', format: 'markdown', location: { message: '2\u200b' } },
    ],
  };
  await aSync(index.store, [
    { type: 'account', account: { id: 'ada', emails: [], active: true, kind: 'member' } },
    told({ body: parts, author: 'user:ada' }),
  ]);
  const found = read(index);
  expect(found?.text).toBe('Who moves?\n\n# Answer\nAll of us.');
  expect(found?.chunks.map(({ location, author }) => ({ location, author }))).toEqual([
    { location: { message: '1' }, author: { kind: 'member' } },
    { location: { message: '2', headings: ['Answer'] }, author: undefined },
  ]);
});

test('what is embedded is the title, the headings and the text; what was taken out is counted', async () => {
  const index = await anIndex();
  await aSync(index.store, [told({ body: text('# Leave\n## Parents\nMore\u200b. ![x](https://evil.test/y)\n', 'markdown') })]);
  expect((await index.store.waiting('words/1', 10)).map(({ embedded }) => embedded)).toEqual([
    'Plan > Leave\n# Leave\n',
    'Plan > Leave > Parents\n## Parents\nMore. [image: x]\n',
  ]);
  expect(read(index)?.chunks.map(({ stripped }) => stripped)).toEqual([0, 2]);
});

test.each([
  ['an empty text', text('')],
  ['zero bytes', counting('').body],
  ['a byte order mark alone', text('\ufeff')],
  ['no parts', { kind: 'parts', parts: [] } as const],
  ['hidden characters only', text('\u200b\u2060')],
])('%s is a document that its title finds', async (_, body) => {
  const index = await anIndex();
  expect((await aSync(index.store, [told({ body })])).status).toBe('complete');
  expect(read(index)).toMatchObject({ title: 'Plan', text: '', chunks: [{ ordinal: 0, text: '' }] });
});

test.each([
  ['invalid UTF-8', Buffer.from([0x61, 0xff, 0x62]), 'text/plain', 'It is not valid UTF-8. Save it as UTF-8.'],
  ['a PDF', Buffer.from('%PDF'), 'application/pdf', 'Documents of this kind are not read yet (application/pdf).'],
])('%s is a problem that names the key, and ends no run', async (_, bytes, mediaType, message) => {
  const { store } = await anIndex();
  const body: Body = { kind: 'bytes', mediaType, read: async () => bytes };
  const end = await aSync(store, [told({ key: 'bad', body }), told({})]);
  expect(end).toEqual({
    status: 'partial',
    counts: { read: 1, changed: 1, deleted: 0, problems: 1 },
    problems: [{ key: 'bad', message }],
  });
});

test('what cannot be read any more keeps its old text under its new permissions and labels', async () => {
  const index = await anIndex();
  await aSync(index.store, [told({})]);
  const body: Body = { kind: 'bytes', mediaType: 'text/plain', read: () => Promise.reject(new Error('disk')) };
  const end = await aSync(index.store, [told({ body, acl: only('user:ada'), labels: ['Restricted', '\u200b'] })]);
  expect(end.problems).toEqual([{ key: 'plan', message: 'It could not be read: disk' }]);
  expect(read(index)?.text).toBe('We move in spring.');
  const [acl, labels] = index.reader().read((reading) => {
    const stored = reading.document('wiki', 'plan');
    return [stored?.acl.value, stored?.labels];
  });
  expect([acl, labels]).toEqual([only('user:ada'), ['Restricted']]);
});

test('HTML is not read yet, and is told by its name', async () => {
  const { store } = await anIndex();
  const end = await aSync(store, [told({ body: { kind: 'text', text: '<p>', format: 'html' } })]);
  expect(end.problems[0]?.message).toBe('Documents of this kind are not read yet (text/html).');
});

test('100 MB are refused: by their announced size unread, by their real size after', async () => {
  const { store } = await anIndex();
  let reads = 0;
  const read100 = async (): Promise<Uint8Array> => {
    reads += 1;
    return new Uint8Array(100 * 1024 * 1024);
  };
  const body: Body = { kind: 'bytes', mediaType: 'text/plain', read: read100 };
  const announced = await aSync(store, [told({ body: { ...body, size: 100 * 1024 * 1024 } })]);
  expect(announced.problems[0]?.message).toBe('It is 100 MB; the limit is 50 MB.');
  expect(reads).toBe(0);
  expect((await aSync(store, [told({ body })])).problems[0]?.message).toBe('It is 100 MB; the limit is 50 MB.');
});

test('a body that hangs ends with the run that is aborted', async () => {
  const { store } = await anIndex();
  const abort = new AbortController();
  const body: Body = {
    kind: 'bytes',
    mediaType: 'text/plain',
    read: () => {
      setTimeout(() => abort.abort(), 10);
      return new Promise(() => undefined);
    },
  };
  expect((await aSync(store, [told({ body })], { signal: abort.signal })).problems[0]?.message).toMatch(/interrupted/u);
});

test('a title is inert, bounded and never empty', async () => {
  const index = await anIndex();
  const titles = ['![x](https://evil.test/?q=1) now', 'long '.repeat(200), '\u200b', 'two\nlines'];
  await aSync(
    index.store,
    titles.map((title, at) => told({ key: `k${at}`, title })),
  );
  expect(titles.map((_, at) => read(index, `k${at}`)?.title)).toEqual([
    '[image: x] now',
    'long '.repeat(100).trim(),
    'k2',
    'two lines',
  ]);
});
