import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

import { accountLine, type APlace, ORGANISATION, synced, whole } from '../support/a-place.ts';
import { aclOf, documentLine } from '../support/json-lines.ts';
import { place } from '../support/place-answers.ts';

vi.setConfig({ testTimeout: 60_000 }); // each test starts the program several times

const LIVE = 'freshness: { permissions: { within: 1h, on_breach: live }, content: { within: 1h, on_breach: live } }\n';

const fetched = z.object({ metadata: z.looseObject({ decided_by: z.string(), fresh: z.boolean() }) });

/** How a fetch ends, and what decided. */
const fetching = async (where: APlace, id: string, ...more: readonly string[]): Promise<unknown> => {
  const { code, stdout } = await where.run(['fetch', id, '--as', 'ada@acme.test', '--json', ...more]);
  if (code !== 0) return code;
  const { decided_by, fresh } = fetched.parse(JSON.parse(stdout)).metadata;
  return { decided_by, fresh };
};

describe('a document that is asked for live', () => {
  test('is decided by the lines as they are now, and by what is stored', async () => {
    const where = await place(whole([accountLine('ada'), documentLine()]));
    await where.configure(
      `${ORGANISATION}sources: { wiki: { connector: jsonl, path: wiki.jsonl } }\nembedding: { provider: none }\n${LIVE}`,
    );
    await synced(where);
    expect(await fetching(where, 'wiki:plan')).toEqual({ decided_by: 'stored', fresh: true });
    expect(await fetching(where, 'wiki:plan', '--live')).toEqual({ decided_by: 'live', fresh: true });
    await where.write(whole([accountLine('ada'), documentLine({ text: 'We stay.' })]));
    expect(await fetching(where, 'wiki:plan', '--live')).toEqual({ decided_by: 'live', fresh: false });
    await where.append([{ type: 'acl', key: 'plan', acl: aclOf(['person:bob@acme.test']) }]);
    expect(await fetching(where, 'wiki:plan', '--live')).toBe(1);
    expect(await fetching(where, 'wiki:plan')).toEqual({ decided_by: 'stored', fresh: true });
  });

  test('is decided by the control files above it as they are now', async () => {
    const where = await place([]);
    const root = join(where.folder, 'tree');
    await mkdir(join(root, 'eng'), { recursive: true });
    await writeFile(join(root, 'eng', 'plan.md'), 'We move in spring.');
    await writeFile(join(where.folder, 'people.yaml'), 'accounts: [{ id: ada, emails: [ada@acme.test] }]\n');
    await where.configure(
      `${ORGANISATION}sources: { tree: { connector: files, root: tree, people: people.yaml, default_acl: [everyone] } }\nembedding: { provider: none }\n${LIVE}`,
    );
    await synced(where);
    expect(await fetching(where, 'tree:eng/plan.md', '--live')).toEqual({ decided_by: 'live', fresh: true });
    await writeFile(join(root, '.acl.yaml'), 'allow: [person:bob@acme.test]\ndeny: []\n');
    expect(await fetching(where, 'tree:eng/plan.md', '--live')).toBe(1);
    await writeFile(join(root, '.acl.yaml'), 'allow: [public]\ndeny: []\n');
    expect(await fetching(where, 'tree:eng/plan.md', '--live')).toEqual({ decided_by: 'live', fresh: true });
    await rm(join(root, 'eng', 'plan.md'));
    expect(await fetching(where, 'tree:eng/plan.md', '--live')).toBe(1);
    expect(await fetching(where, 'tree:eng/plan.md')).toEqual({ decided_by: 'stored', fresh: true });
  });
});

test('a source that nobody can ask is not configured to be asked', async () => {
  const where = await place([]);
  await where.configure(`${ORGANISATION}sources: { wiki: { connector: jsonl, path: "-" } }\n${LIVE}`);
  const { code, stderr } = await where.run(['status']);
  expect([code, stderr]).toEqual([
    2,
    'castellan.yaml: sources.wiki.freshness.permissions.on_breach is live, and a source that is read from standard input cannot be asked live. Write sources.wiki.freshness.permissions.on_breach: deny or label.\n',
  ]);
});
