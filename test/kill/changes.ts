import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Place, rewrite } from './place.ts';

/**
 * What happens in the company between two syncs: texts are edited, added and deleted, a folder changes hands while a page in
 * it is rewritten, somebody leaves a group and somebody the company. Nobody joins anything: then whoever sees a document at
 * any moment between must see it before or after.
 */
export const changeCompany = async ({ folder }: Place): Promise<void> => {
  const handbook = (path: string): string => join(folder, 'handbook', path);
  await rewrite(join(folder, 'people.yaml'), 'compensation: [user:carol, group:executives]', 'compensation: [group:executives]');
  await rewrite(handbook('projects/kestrel/.acl.yaml'), 'allow: [group:kestrel]', 'allow: [group:eng]');
  await rewrite(handbook('projects/kestrel/brief.md'), '## Why', '## What engineering builds first\n\nThe receipt.\n\n## Why');
  await rewrite(handbook('company/holidays.md'), '28 days of paid holiday', '29 days of paid holiday');
  await rewrite(handbook('engineering/oncall.md'), '## Rota\n', `${sections('Swap', 12)}\n\n## Rota\n`);
  await writeFile(handbook('engineering/runbook.md'), `# Runbook\n\n${sections('Alarm', 30)}\n`);
  await writeFile(handbook('hr/compensation/appeals.md'), '# Appeals\n\nAn appeal is heard by the committee within a month.\n');
  await rm(handbook('company/remote-work.txt'));
  await appendFile(join(folder, 'workspace.jsonl'), LINES.map((line) => `${JSON.stringify(line)}\n`).join(''));
};

const sections = (word: string, count: number): string =>
  Array.from(
    { length: count },
    (_, at) => `## ${word} ${at + 1}\n\n${word} ${at + 1} is looked after by team ${at % 5}. ${FILLER}`,
  ).join('\n\n');

const FILLER =
  'Whoever takes it over reads the notes of the day before, tries the two commands, and writes down what came of them.';

const only = (group: string): object => ({ terms: [{ allow: [`group:${group}`], deny: [], from: 'restriction' }] });

const LINES: readonly object[] = [
  { type: 'members', group: 'engineers', members: ['group:platform'] },
  { type: 'account', id: 'u-bob', name: 'Bob Tarrick', emails: ['bob@acme.test'], active: false, kind: 'member' },
  { type: 'acl', key: 'page-22', acl: only('security') },
  { type: 'delete', key: 'page-18' },
  {
    type: 'document',
    key: 'page-11',
    title: 'Who to ask now',
    kind: 'page',
    url: 'https://workspace.acme.test/pages/11',
    parent: 'space-company',
    updated_at: '2026-05-10T08:00:00Z',
    author: 'user:u-nora',
    revision: '8',
    text: `# Who to ask now\n\n${sections('Question', 8)}`,
    format: 'markdown',
    acl: only('leads'),
  },
  {
    type: 'document',
    key: 'page-23',
    title: 'Retired alarms',
    kind: 'page',
    url: 'https://workspace.acme.test/pages/23',
    parent: 'space-engineering',
    updated_at: '2026-05-10T09:00:00Z',
    text: 'These alarms are retired.',
    format: 'plain',
    acl: { terms: [{ allow: ['audience:space-engineering'], deny: [], from: 'space Engineering' }] },
  },
];
