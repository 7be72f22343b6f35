import { expect, test } from 'vitest';

import type { VisibleSource } from '../../src/core/view.ts';
import { listSourcesTool } from '../../src/tools/list-sources.ts';
import { toolContract } from '../contracts/tool.ts';
import { aContext, aView, basis } from '../support/a-view.ts';

const handbook: VisibleSource = {
  name: 'handbook',
  types: ['page'],
  fields: ['status'],
  promise: { contentWithin: 3_600_000, permissionsWithin: 86_400_000 },
  updatedAt: Date.parse('2026-01-02T03:04:05Z'),
  syncedAt: Date.parse('2026-01-03T00:00:00Z'),
  permissionsSyncedAt: Date.parse('2026-01-03T00:00:00Z'),
};

const list = (...sources: readonly VisibleSource[]): ReturnType<typeof listSourcesTool.run> =>
  listSourcesTool.run({}, aContext(aView({ sources })));

toolContract(listSourcesTool, { input: {}, view: aView({ sources: [handbook] }), documents: [] });

test('a source is listed with what is promised of it and how old it is', async () => {
  expect(await list(handbook)).toMatchInlineSnapshot(`
    {
      "basis": {
        "databaseId": "test",
        "epoch": 2,
        "version": 3,
      },
      "documents": [],
      "output": {
        "sources": [
          {
            "fields": {
              "status": "text",
            },
            "freshness": {
              "content_within_seconds": 3600,
              "permissions_synced_at": "2026-01-03T00:00:00.000Z",
              "permissions_within_seconds": 86400,
              "synced_at": "2026-01-03T00:00:00.000Z",
              "updated_at": "2026-01-02T03:04:05.000Z",
            },
            "name": "handbook",
            "types": [
              "page",
            ],
          },
        ],
      },
    }
  `);
});

test('somebody who sees nothing is told of nothing', async () => {
  expect(await list()).toEqual({ output: { sources: [] }, documents: [], basis });
});

test('a source with endless types and fields is cut short', async () => {
  const many = Array.from({ length: 5_000 }, (_, at) => `${at}${'漢'.repeat(500)}`);
  expect(JSON.stringify(await list({ ...handbook, types: many, fields: many })).length).toBeLessThan(3_000);
});
