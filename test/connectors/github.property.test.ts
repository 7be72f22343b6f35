import { setTimeout } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { type Dice, diceOf } from '../property/dice.ts';
import { aCompany, type Company, LEFT, PEOPLE } from '../support/a-github-company.ts';
import type { AGitHub } from '../support/a-github.ts';
import { HAS_GIT } from '../support/a-github-wiki.ts';

const LOGINS: readonly [string, ...string[]] = PEOPLE;
const ROUNDS = 7;
/** By then what was read before is stored, in ms. */
const COMMITTED = 200;
const EDITS: readonly [object, ...object[]] = [{ title: 'Autumn' }, { state: 'closed' }, { state: 'open' }, { body: 'new' }];

/** A document that was made: in which repository, and whether it is still there. */
interface Made {
  readonly repository: number;
  readonly number: number;
  readonly there: () => boolean;
}

/** One thing that somebody does at GitHub. */
type Deed = (server: AGitHub, dice: Dice, repository: number, made: Map<string, Made>) => Promise<void>;

const organisationOf = ({ world }: AGitHub) => world.organisations.get('acme') ?? nobody();
const factsOf = ({ world }: AGitHub, id: number) => world.repositories.get(id) ?? nobody();
const ofRepository = (made: ReadonlyMap<string, Made>, id: number): [string, Made][] =>
  [...made].filter(([key, one]) => one.repository === id && key.startsWith('issue:') && one.there());

const write: Deed = async (server, dice, id, made) => {
  const number = await server.issue(id, { title: `Spring ${dice.roll(100)}`, body: dice.chance(0.2) ? null : 'text' });
  const { deletedIssues } = factsOf(server, id);
  made.set(`issue:${id}/${number}`, { repository: id, number, there: () => !deletedIssues.has(number) });
};

const comment: Deed = async (server, dice, id, made) => {
  const [, issue] = dice.some(ofRepository(made, id), 1, 1)[0] ?? [];
  if (!issue) return;
  const key = await server.comment(id, issue.number, `Well ${dice.roll(100)}`);
  let deleted = false;
  made.set(`comment:${id}/${key}`, { ...issue, there: () => !deleted && issue.there() });
  if (dice.chance(0.3)) {
    await server.deleteComment(id, issue.number, key);
    deleted = true;
  }
};

const edit: Deed = async (server, dice, id, made) => {
  const [, issue] = dice.some(ofRepository(made, id), 1, 1)[0] ?? [];
  if (issue) await server.edit(id, issue.number, { ...dice.pick(EDITS) });
};

const files: Deed = async (server, dice, id, made) => {
  const name = `docs/${dice.roll(3)}.md`;
  const gone = made.get(`file:${id}/${name}`)?.there() === true && dice.chance(0.4);
  if (gone) await server.deleteFile(id, name);
  else await server.file(id, name, `# ${dice.roll(100)}`);
  made.set(`file:${id}/${name}`, { repository: id, number: 0, there: () => !gone });
};

const wiki: Deed = async (server, dice, id, made) => {
  if (!HAS_GIT) return;
  const name = `Page-${dice.roll(3)}.md`;
  const gone = made.get(`page:${id}/${name}`)?.there() === true && dice.chance(0.4);
  await server.wiki(id, { [name]: gone ? undefined : `# ${dice.roll(100)}` });
  made.set(`page:${id}/${name}`, { repository: id, number: 0, there: () => !gone });
};

const visibility: Deed = (server, dice, id) => server.change(id, { visibility: dice.pick(['public', 'internal', 'private']) });
const archive: Deed = (server, dice, id) => server.change(id, { archived: dice.chance(0.5) });
const rename: Deed = (server, dice, id) => server.rename(id, `renamed-${id}-${dice.roll(1_000_000)}`);

const collaborators: Deed = async (server, dice, id) => {
  const { collaborators: all, invited } = factsOf(server, id);
  const who = dice.pick(LOGINS);
  if (dice.chance(0.4)) invited.set(who, 'pull');
  else if (!all.delete(who)) server.collaborate(id, who);
};

const teams: Deed = async (server, dice, id) => {
  const organisation = organisationOf(server);
  const team = dice.some([...organisation.teams.values()], 1, 1)[0];
  const members = [...organisation.members.keys()].filter((login) => login !== 'crawler');
  const deed = dice.roll(10);
  if (!team || deed < 3)
    server.team(id, `team-${dice.roll(1_000_000)}`, dice.some(members, 0, 2), dice.chance(0.5) ? team?.id : undefined);
  else if (deed < 5) factsOf(server, id).teams.delete(team.id);
  else for (const login of dice.some(members, 1, 2)) if (!team.members.delete(login)) team.members.add(login);
};

const members: Deed = async (server, dice) => {
  const { members: all, teams: of } = organisationOf(server);
  const who = dice.pick(LOGINS);
  if (!all.delete(who)) all.set(who, dice.chance(0.2) ? 'admin' : 'member');
  else for (const team of of.values()) team.members.delete(who);
};

const base: Deed = async (server, dice) => void (organisationOf(server).base = dice.pick(['none', 'none', 'read', 'write']));

const leave: Deed = async (server, dice, id, made) => {
  if (!dice.chance(0.3)) return;
  for (const [key, one] of made) if (one.repository === id) made.set(key, { ...one, there: () => false });
  await (dice.chance(0.5) ? server.delete(id) : server.transfer(id, 'other'));
};

const arrive: Deed = async (server, dice, _, made) =>
  write(server, dice, await server.repository(`new-${dice.roll(1_000_000)}`, dice.pick(['public', 'private'])), made);

const DEEDS = [
  write,
  write,
  comment,
  comment,
  edit,
  files,
  wiki,
  wiki,
  visibility,
  archive,
  rename,
  collaborators,
  collaborators,
  teams,
  teams,
  members,
  base,
  leave,
  arrive,
] as const;

const doSomething = async ({ server }: Company, dice: Dice, made: Map<string, Made>): Promise<void> => {
  const ours = [...server.world.repositories.values()].filter(({ owner }) => owner === 'acme').map(({ id }) => id);
  const id = dice.some(ours, 1, 1)[0];
  const deed = dice.pick(DEEDS);
  if (id !== undefined) await deed(server, dice, id, made);
  else await arrive(server, dice, 0, made);
};

/** A whole listing that is stopped at some request of its, and what happens before the next one. */
const breakOff = async (company: Company, dice: Dice, made: Map<string, Made>): Promise<void> => {
  const { server, source } = company;
  const stop = new AbortController();
  const last = server.arrived.length + 1 + dice.roll(60);
  server.instead = async () => {
    if (server.arrived.length < last) return undefined;
    await setTimeout(COMMITTED);
    stop.abort();
    return undefined;
  };
  await source.sync({ due: { listing: true, permissions: true, content: true }, signal: stop.signal });
  server.instead = () => undefined;
  if (dice.chance(0.5)) await doSomething(company, dice, made);
};

/** Who may fetch what, by GitHub. */
const may = ({ server }: Company, who: string, { repository, there }: Made): boolean => there() && server.sees(who, repository);

test.each([11, 12, 13])(
  'whatever is done at GitHub, following it shows each what GitHub shows them: %i',
  async (seed) => {
    const dice = diceOf(seed);
    const company = await aCompany();
    const { server, source } = company;
    const made = new Map<string, Made>([
      [company.keys.secret, { repository: company.secret, number: 1, there: () => true }],
      [company.keys.open, { repository: company.open, number: 1, there: () => true }],
    ]);
    await source.sync();
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let deeds = 1 + dice.roll(5); deeds > 0; deeds -= 1) await doSomething(company, dice, made);
      const broken = dice.chance(0.3);
      if (broken) await breakOff(company, dice, made);
      const content = broken || dice.chance(0.7);
      const end = await source.sync({ due: { listing: broken, permissions: true, content } });
      expect([round, end.status, end.problems]).toEqual([round, 'complete', []]);
      for (const who of dice.some(LOGINS, 3, 3)) {
        const seen = await source.sees(who, [...made.keys()]);
        const shown = [...made].filter(([, one]) => may(company, who, one)).map(([key]) => key);
        const beyond = seen.filter((key) => !server.sees(who, made.get(key)?.repository ?? 0));
        // What is gone or new is heard of with the contents; who may see it is known now.
        expect([round, who, content ? seen : beyond]).toEqual([round, who, content ? shown : []]);
      }
    }
    await source.sync();
    expect(await source.differs({ but: LEFT })).toEqual([]);
  },
  120_000,
);

const nobody = (): never => {
  throw new Error('it is not there');
};
