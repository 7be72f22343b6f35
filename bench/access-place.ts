import { rmSync } from 'node:fs';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';

import { contentHashOf } from '../src/store/content-hash.ts';
import { openStore } from '../src/store/sqlite/index-store.ts';

/** What a made-up organisation is like. */
export interface Shape {
  readonly name: string;
  readonly acls: number;
  /** In chains of twelve; every document is in one of them. */
  readonly containers: number;
}

export const DOCUMENTS = 1_000_000;
export const USERS = 50_000;
const GROUPS = 5_000;
/** Every user is in so many groups, each of which is in up to three others. */
const MEMBERSHIPS = 10;
const DEPTH = 12;
/** The documents of the folder that is shared, of type `shared`; the next one is of type `revoked`. */
export const IN_FOLDER = 100_000;
/** So many documents hold text: the last hundred of the folder, and what follows. */
const WITH_TEXT = 20_000;
/** When everything was said; nothing in it runs past a promise while it is measured. */
export const SAID = Date.now();

/** Writes the index of an organisation straight into its tables, in half a minute or so. */
export const accessPlace = async (folder: string, { acls, containers }: Shape): Promise<string> => {
  const path = join(folder, 'index.db');
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  await (await openStore({ path, now: () => SAID })).close();
  const db = new SQLite(path);
  db.pragma('synchronous = OFF');
  db.transaction(() => {
    db.exec(PEOPLE);
    db.exec(containers > 0 ? inContainers(containers) : byGroups(acls));
    db.exec(TEXT);
    db.exec('UPDATE meta SET version = version + 1, epoch = epoch + 1');
  })();
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.exec('ANALYZE');
  db.close();
  return path;
};

const TITLE = 'Plan';
const PIECE = 'We move in spring.';
const HASH = contentHashOf(TITLE, PIECE);

const upTo = (count: number): string => `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count})`;

const hashed = (what: string): string => `CAST(printf('%032d', ${what}) AS BLOB)`;

/** Users are principals 1 and on, groups come after them: a tree of tens, the root of which is in one of its leaves. */
const PEOPLE = `
  INSERT INTO source (id, name, connector, confirmed_at, listed) VALUES (1, 'wiki', 'made-up', ${SAID}, 1);
  ${upTo(USERS)} INSERT INTO principal SELECT i + 1, 1, 'user', 'u' || i FROM n;
  ${upTo(GROUPS)} INSERT INTO principal SELECT ${USERS} + i + 1, 1, 'group', 'g' || i FROM n;
  INSERT INTO principal VALUES (${USERS + GROUPS + 1}, 1, 'everyone', '');
  ${upTo(GROUPS)} INSERT INTO member_group SELECT ${USERS} + i + 1, 1, ${SAID}, NULL, 0 FROM n;
  ${upTo(GROUPS - 1)} INSERT INTO member SELECT ${USERS} + i / 10 + 1, ${USERS} + i + 2 FROM n;
  INSERT OR IGNORE INTO member VALUES (${USERS + GROUPS}, ${USERS + 1});
  ${upTo(USERS * MEMBERSHIPS)}
  INSERT OR IGNORE INTO member SELECT ${USERS} + (i / ${MEMBERSHIPS} * 7919 + i % ${MEMBERSHIPS} * 613) % ${GROUPS} + 1, i / ${MEMBERSHIPS} + 1 FROM n;
  ${upTo(USERS)} INSERT INTO account SELECT i + 1, 1, 'u' || i, NULL, 1, 'member', 0, ${SAID} FROM n;
  ${upTo(USERS)} INSERT INTO account_email SELECT i + 1, 'u' || i || '@acme.test' FROM n;
  ${upTo(USERS)} INSERT INTO identity SELECT i + 1, 'idp', 'u' || i, 'u' || i || '@acme.test', ${SAID} FROM n;
  ${upTo(USERS)} INSERT INTO link SELECT i + 1, i + 1, 'email', '{}', ${SAID} FROM n;`;

const acl = (value: string): string => `INSERT INTO acl SELECT i + 1, 1, ${hashed('i')}, ${value}, 0 FROM n;`;

const document = (container: string, parent: string, ofAcl: string): string => `
  ${upTo(DOCUMENTS)} INSERT INTO item SELECT i + 1, 1, 'd' || i, ${container}, '${TITLE}', ${parent}, ${ofAcl}, 0, ${SAID}, ${SAID} FROM n;
  ${upTo(DOCUMENTS)} INSERT INTO document SELECT i + 1, 'page', 'https://wiki.acme.test/' || i, NULL, ${SAID}, NULL, '[]', '{}', NULL, 'plain@1', '${HASH}' FROM n;`;

const JSON_OF = `'{"terms":[{"allow":["group:g' || (i % ${GROUPS}) || '","user:u' || (i * 3 % ${USERS}) || '"' || iif(i % 20 = 0, ',"everyone"', '') || '],"deny":[' || iif(i % 10 = 1, '"group:g' || (i * 11 % ${GROUPS}) || '"', '') || '],"from":"space"}]}'`;

/** Each acl allows a group and a user, one in twenty everyone, and one in ten denies a group. */
const byGroups = (acls: number): string => `
  ${upTo(acls)} ${acl(JSON_OF)}
  ${upTo(acls)} INSERT INTO acl_term SELECT i + 1, i + 1, 0 FROM n;
  ${upTo(acls)} INSERT INTO acl_grant SELECT i + 1, 0, ${USERS} + i % ${GROUPS} + 1 FROM n;
  ${upTo(acls)} INSERT INTO acl_grant SELECT i + 1, 0, i * 3 % ${USERS} + 1 FROM n;
  ${upTo(acls)} INSERT INTO acl_grant SELECT i + 1, 0, ${USERS + GROUPS + 1} FROM n WHERE i % 20 = 0;
  ${upTo(acls)} INSERT INTO acl_grant SELECT i + 1, 1, ${USERS} + i * 11 % ${GROUPS} + 1 FROM n WHERE i % 10 = 1;
  ${document('0', 'NULL', `i % ${acls} + 1`)}
  ${FOLDER}`;

/** The first of twelve is a group's; each of the others, and the documents, are whoever's sees what they are in. */
const inContainers = (containers: number): string => `
  ${upTo(containers)} INSERT INTO principal SELECT ${USERS + GROUPS} + 2 + i, 1, 'audience', 'c' || i FROM n;
  ${upTo(GROUPS)} ${acl(`'{"terms":[{"allow":["group:g' || i || '"],"deny":[],"from":"space"}]}'`)}
  ${upTo(containers)}
  INSERT INTO acl SELECT ${GROUPS} + i + 1, 1, ${hashed(`${GROUPS} + i`)}, '{"terms":[{"allow":["audience:c' || i || '"],"deny":[],"from":"folder"}]}', 0 FROM n;
  ${upTo(GROUPS + containers)} INSERT INTO acl_term SELECT i + 1, i + 1, 0 FROM n;
  ${upTo(GROUPS)} INSERT INTO acl_grant SELECT i + 1, 0, ${USERS} + i + 1 FROM n;
  ${upTo(containers)} INSERT INTO acl_grant SELECT ${GROUPS} + i + 1, 0, ${USERS + GROUPS} + 2 + i FROM n;
  ${upTo(containers)}
  INSERT INTO item
  SELECT ${DOCUMENTS} + i + 1, 1, 'c' || i, 1, 'Folder', iif(i % ${DEPTH} = 0, NULL, 'c' || (i - 1)),
         iif(i % ${DEPTH} = 0, i / ${DEPTH} % ${GROUPS} + 1, ${GROUPS} + i), 0, ${SAID}, ${SAID}
  FROM n;
  ${document('0', `'c' || (i % ${containers})`, `${GROUPS} + i % ${containers} + 1`)}
  ${FOLDER}`;

/** One folder that is nobody's yet, with the first documents in it. */
const FOLDER = `
  INSERT INTO principal (source, kind, name) VALUES (1, 'audience', 'shared');
  INSERT INTO acl (source, hash, value, unknown) VALUES
    (1, x'01', '{"terms":[{"allow":["audience:shared"],"deny":[],"from":"folder"}]}', 0),
    (1, x'02', '{"unknown":"nobody said"}', 1);
  INSERT INTO acl_term SELECT (SELECT max(id) FROM acl_term) + 1, id, 0 FROM acl WHERE hash = x'01';
  INSERT INTO acl_grant SELECT (SELECT max(id) FROM acl_term), 0, max(id) FROM principal;
  INSERT INTO item (source, key, container, title, parent, acl, tick, synced_at, permissions_synced_at)
  SELECT 1, 'shared', 1, 'Shared', NULL, id, 0, ${SAID}, ${SAID} FROM acl WHERE hash = x'02';
  UPDATE item SET acl = (SELECT id FROM acl WHERE hash = x'01'), parent = 'shared' WHERE id <= ${IN_FOLDER};`;

/** One chunk each, all alike. */
const TEXT = `
  INSERT INTO term VALUES (1, 'spring');
  ${upTo(WITH_TEXT)}
  INSERT INTO chunk SELECT i + 1, ${IN_FOLDER} - 100 + i, 0, '${PIECE}', '{}', NULL, 0, '${TITLE}', x'00' FROM n;
  ${upTo(WITH_TEXT)} INSERT INTO posting SELECT 1, i + 1, 100 FROM n;
  UPDATE document SET type = 'shared' WHERE item <= ${IN_FOLDER};
  UPDATE document SET type = 'revoked' WHERE item = ${IN_FOLDER} + 1;`;
