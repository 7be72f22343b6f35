import { postgres } from '../../connectors/postgres/sync.ts';
import type { Settings } from '../../connectors/postgres/settings.ts';
import { Secret } from '../../src/core/secret.ts';

/** A small sales application: people with roles of the database, teams, deals with owners. */
export const DEALS = `
  CREATE TABLE person (id text PRIMARY KEY, email text, name text, active bool NOT NULL DEFAULT true, role text);
  CREATE TABLE team (name text, member text, PRIMARY KEY (name, member));
  CREATE TABLE deal (
    id int PRIMARY KEY, name text NOT NULL, notes text, stage text, amount numeric, owner text, team text,
    due date, updated_at timestamptz NOT NULL DEFAULT '2026-01-02T03:04:05.678Z'
  );
  INSERT INTO person (id, email, name) VALUES ('ada', 'ada@acme.test', 'Ada'), ('bob', 'bob@acme.test', 'Bob'), ('cyd', 'cyd@acme.test', 'Cyd');
  INSERT INTO team VALUES ('sales', 'ada'), ('sales', 'cyd');
  INSERT INTO deal (id, name, notes, stage, amount, owner, team, due) VALUES
    (1, 'Alpha', 'spring offer', 'open', 1200.50, 'ada', NULL, '2026-05-01'),
    (2, 'Beta', 'spring order', 'won', 80, 'bob', NULL, NULL),
    (3, 'Gamma', 'spring lease', 'open', NULL, NULL, 'sales', NULL),
    (4, 'Delta', 'spring nobody', NULL, NULL, NULL, NULL, NULL);`;

export const KEYS = ['deals/1', 'deals/2', 'deals/3', 'deals/4'];

/** How that is configured, unless said otherwise: a deal is its owner's and its team's. */
export const dealsSettings = (url: string, given: Record<string, unknown> = {}, table: Record<string, unknown> = {}): Settings =>
  postgres.settings.parse({
    url: new Secret(url),
    slot: `of_${url.slice(url.lastIndexOf('/') + 1)}`.replace(/\W/gu, '_'), // a slot is of the whole server
    accounts: 'SELECT id, email, name, active::text, role FROM person',
    groups: 'SELECT name, member FROM team',
    ...given,
    tables: {
      deals: {
        from: 'deal',
        type: 'deal',
        text: ['notes'],
        fields: { stage: 'stage', amount: 'amount', due_at: 'due' },
        url: 'https://crm.acme.test/deals/<id>',
        permissions: { owner: 'owner', group: 'team' },
        ...table,
      },
    },
  });
