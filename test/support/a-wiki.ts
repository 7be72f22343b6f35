import { type Arrived, aPeer } from './a-peer.ts';

/** A page of a small wiki. Without readers of its own it is its space's. */
interface Page {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly space: string;
  readonly readers: readonly string[];
  /** ms since 1970. */
  readonly at: number;
  readonly deleted: boolean;
}

/** A wiki that is asked over HTTP, and what it holds. */
export interface AWiki {
  readonly url: string;
  /** Who may see which pages now, by the wiki's own rules. */
  sight(): Readonly<Record<string, readonly string[]>>;
  /** Adds a page, takes one from somebody, deletes one, lets somebody leave a group; a writer who began long ago ends. */
  change(): void;
}

const PEOPLE = ['ada', 'bob', 'cyd'];
const PAGE_SIZE = 10;
/** Of what changed since, pages are shorter: so that a few changes take several. */
const CHANGES_SIZE = 2;
const BEGIN = Date.parse('2026-03-01T08:00:00Z');

/** Starts one on this machine. It is gone with the test. */
export const aWiki = async ({ size = 24 }: { readonly size?: number } = {}): Promise<AWiki> => {
  const pages = new Map(Array.from({ length: size }, (_, at) => [`p${at + 1}`, pageOf(at + 1)]));
  const groups = new Map([
    ['eng', ['ada', 'bob']],
    ['ops', ['cyd']],
  ]);
  const spaces = new Map([
    ['eng', ['group:eng']],
    ['hr', ['user:cyd']],
  ]);
  let clock = BEGIN + 3_600_000;
  const write = (id: string, given: Partial<Page>, at = (clock += 1_000)): void => {
    pages.set(id, { ...(pages.get(id) ?? pageOf(Number(id.slice(1)))), ...given, at });
  };

  const answerTo = ({ path }: Arrived): unknown => {
    const { pathname, searchParams } = new URL(path, 'http://wiki');
    const cursor = Number(searchParams.get('cursor') ?? 0);
    const since = searchParams.get('since');
    const listed = (all: readonly unknown[], length = PAGE_SIZE): unknown => {
      const on = new URLSearchParams({ ...(since !== null && { since }), cursor: String(cursor + length) });
      const next = cursor + length < all.length ? `${pathname}?${on.toString()}` : null;
      return { items: all.slice(cursor, cursor + length), next, total: all.length };
    };
    if (pathname === '/people') return listed(PEOPLE.map((id) => ({ id, email: `${id}@acme.test`, active: true })));
    if (pathname === '/groups') return listed([...groups].map(([name, members]) => ({ name, members })));
    if (pathname === '/spaces') return listed([...spaces].map(([id, readers]) => ({ id, title: `Space ${id}`, readers })));
    if (pathname === '/pages') {
      const all = [...pages.values()].toSorted((a, b) => a.at - b.at);
      if (since === null) return listed(all.filter(({ deleted }) => !deleted).map(said));
      return listed(all.filter(({ at }) => at >= Date.parse(since)).map(said), CHANGES_SIZE);
    }
    const page = pages.get(pathname.replace('/pages/', ''));
    return page && !page.deleted ? { id: page.id, text: page.text } : undefined;
  };

  const peer = await aPeer((arrived, response) => {
    const answer = answerTo(arrived);
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(answer ?? { message: 'no such page' }));
  });
  const sees = (who: string, readers: readonly string[]): boolean =>
    readers.some((reader) => reader === `user:${who}` || groups.get(reader.replace('group:', ''))?.includes(who));
  return {
    url: peer.url,
    sight: () =>
      Object.fromEntries(
        [...PEOPLE, 'mallory'].map((who) => [
          who,
          [...pages.values()]
            .filter(
              ({ deleted, readers, space }) => !deleted && sees(who, readers.length > 0 ? readers : (spaces.get(space) ?? [])),
            )
            .map(({ id }) => id),
        ]),
      ),
    change() {
      write('p99', {});
      write('p2', { readers: ['user:cyd'] });
      write('p3', { deleted: true });
      groups.set('eng', ['ada']);
      write('p7', { title: 'Page 7, late', text: 'spring, changed by a slow writer' }, BEGIN + size * 1_000 - 500);
    },
  };
};

const pageOf = (at: number): Page => ({
  id: `p${at}`,
  title: `Page ${at}`,
  text: `spring – page №${at}`,
  space: at % 10 === 0 ? 'hr' : 'eng',
  readers: at === 4 ? ['group:ops'] : at % 2 === 0 && at % 10 !== 0 ? ['user:ada'] : [],
  at: BEGIN + at * 1_000,
  deleted: false,
});

const said = ({ id, title, space, readers, at, deleted }: Page): unknown => ({
  id,
  title,
  space,
  readers,
  updated_at: new Date(at).toISOString(),
  ...(deleted && { deleted }),
});
