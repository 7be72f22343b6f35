import { expect, test } from 'vitest';

import type { Field } from '../../src/core/document.ts';
import { aSync } from '../support/a-sync.ts';
import { anIndex } from '../support/an-index.ts';
import { aDocument } from '../support/builders.ts';

const HIDDEN = '\u200b';

/** What is stored of these fields, and what the run says of them. */
const stored = async (fields: Record<string, Field>): Promise<{ fields: unknown; said: string; status: string }> => {
  const index = await anIndex();
  const { status, problems } = await aSync(index.store, [{ type: 'document', document: aDocument({ fields }) }]);
  const document = index.reader().read((reading) => reading.document('wiki', 'plan'));
  return { fields: document?.fields, said: problems.map(({ key, message }) => `${key}: ${message}`).join(), status };
};

test('fields of their kinds are stored, instants in one form', async () => {
  const given = { status: 'open', amount: 3, due_at: '2026-03-31T14:00:00+02:00', closed_at: '2026-04-01', assignee: null };
  expect(await stored({ ...given, region: 'north', urgent: true })).toEqual({
    fields: {
      ...given,
      due_at: '2026-03-31T12:00:00.000Z',
      closed_at: '2026-04-01T00:00:00.000Z',
      region: 'north',
      urgent: true,
    },
    said: '',
    status: 'complete',
  });
});

test.each<[string, Record<string, Field>, string]>([
  ['text for a number', { amount: '1200' }, 'amount should be a number and is not. It was left out.'],
  ['a truth for a number', { size: true }, 'size should be a number and is not. It was left out.'],
  ['a number for text', { status: 3 }, 'status should be text and is not. It was left out.'],
  ['a word for a time', { due_at: 'soon' }, 'due_at should be a day or an instant with its zone'],
  ['a time of no zone', { due_at: '2026-03-31T12:00:00' }, 'due_at should be a day or an instant with its zone'],
  ['a number for a time', { closed_at: 1_775_000_000_000 }, 'closed_at should be a day or an instant with its zone'],
  ['a name with a character nobody sees', { [`amount${HIDDEN}`]: '5' }, 'amount should be a number and is not'],
])('%s is left out, and told', async (_, wrong, sentence) => {
  const { fields, said, status } = await stored({ ...wrong, priority: 'high' });
  expect(fields).toEqual({ priority: 'high' });
  expect(said).toContain(`plan: ${sentence}`);
  expect(status).toBe('partial');
});

test('all that is wrong with one document is one problem', async () => {
  const { said } = await stored({ amount: 'x', status: 1 });
  expect(said).toBe('plan: amount should be a number and is not; status should be text and is not. It was left out.');
});
