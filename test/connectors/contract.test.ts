import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { files } from '../../connectors/files/sync.ts';
import { connectors } from '../../connectors/index.ts';
import { jsonl } from '../../connectors/jsonl/sync.ts';
import { connectorContract } from '../contracts/connector-contract.ts';
import { containerLine, documentLine, jsonLines } from '../support/json-lines.ts';

connectorContract(files, {
  settings: { root: 'wiki', people: 'people.yaml', default_acl: ['everyone'] },
  async prepare(folder) {
    await mkdir(join(folder, 'wiki/eng/on call'), { recursive: true });
    await writeFile(join(folder, 'people.yaml'), PEOPLE);
    await writeFile(join(folder, 'wiki/welcome.md'), '# Welcome');
    await writeFile(join(folder, 'wiki/eng/.acl.yaml'), 'allow: [group:eng]\ndeny: []\n');
    for (const name of ['rota.md', 'pager.txt', 'runbook.md', 'runbook.md.acl.yaml']) {
      await writeFile(join(folder, 'wiki/eng/on call', name), 'allow: [user:ada]\ndeny: []\n');
    }
  },
});

connectorContract(jsonl, {
  settings: { path: 'wiki.jsonl' },
  prepare: (folder) => writeFile(join(folder, 'wiki.jsonl'), jsonLines(LINES)),
});

test('every connector is in the list, under its own name', () => {
  expect(connectors.map(({ name }) => name)).toEqual(['files', 'github', 'jsonl', 'postgres', 'scim']);
});

const PEOPLE = `
accounts:
  - { id: ada, emails: [ada@acme.test] }
  - { id: gus, emails: [gus@other.test], kind: guest }
groups:
  eng: [user:ada]
`;

const LINES = [
  { type: 'listing' },
  documentLine({ key: 'plan', parent: 'eng', acl: { terms: [{ allow: ['audience:eng'], deny: [], from: 'eng' }] } }),
  containerLine({ key: 'eng', acl: { terms: [{ allow: ['group:eng'], deny: [], from: 'eng' }] } }),
  { type: 'members', group: 'eng', members: ['user:ada'] },
  { type: 'account', id: 'ada', emails: ['ada@acme.test'], active: true, kind: 'member' },
  { type: 'account', id: 'gus', emails: ['gus@other.test'], active: true, kind: 'guest' },
  documentLine({ key: 'rota', parts: [{ text: 'Ada, then Bob', author: 'user:ada' }], text: undefined, format: undefined }),
  documentLine({ key: 'pager' }),
  documentLine({ key: 'runbook' }),
  { type: 'complete' },
];
