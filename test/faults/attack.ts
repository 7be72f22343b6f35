import type { Fault, NamedTest } from './fault.ts';

const canaries = (test: string): NamedTest => ({ file: 'test/security/canaries.test.ts', test });
const corners = (test: string): NamedTest => ({ file: 'test/security/corners.test.ts', test });
const folders = (test: string): NamedTest => ({ file: 'test/security/folders.test.ts', test });

/** Mistakes by which something hidden is heard, or one source speaks for another. */
export const ATTACK: readonly Fault[] = [
  {
    name: 'an answer repeats the id that is missing or forbidden',
    file: 'src/server/call.ts',
    find: `errorResult('not_found', NOT_FOUND)`,
    plant: `errorResult('not_found', \`\${NOT_FOUND} Asked for: \${JSON.stringify(input)}\`)`,
    caughtBy: canaries('hears one answer for all that is missing or forbidden, byte for byte'),
  },
  {
    name: 'whoever names a source that is not there is told which are',
    file: 'src/reader/answer.ts',
    find: `const { query, limit, offset, ...filter } = request;
    const listed = query === '' && filter.where !== undefined;
    const carried = carriedBy(client, rules);`,
    plant: `const { query, limit, offset, ...filter } = request;
    const listed = query === '' && filter.where !== undefined;
    const carried = carriedBy(client, rules);
    if (filter.sources?.some((name) => !carried.sources.has(name))) {
      throw new AppError('invalid_input', \`There is no such source. There are: \${[...carried.sources.keys()].join(', ')}\`);
    }`,
    caughtBy: canaries('hears no canary over HTTP, whatever they ask in either era'),
  },
  {
    name: 'the log names callers by who they are',
    file: 'src/server/http/log.ts',
    find: `createHmac('sha256', key).update(callerName(bearer)).digest().subarray(0, NAME_BYTES).toString('hex')`,
    plant: `callerName(bearer)`,
    caughtBy: canaries('finds no canary in its log, its metrics and its warnings, whatever was asked'),
  },
  {
    name: 'a problem quotes the line that it is about',
    file: 'connectors/jsonl/map.ts',
    find: 'bad(`: ${reasonOf(parsed.error.issues)}`, value)',
    plant: 'bad(`: ${reasonOf(parsed.error.issues)} in ${text}`.slice(0, 900), value)',
    caughtBy: canaries('finds no title, text, field or label in what castellan %s says'),
  },
  {
    name: 'an account that carries the e-mail of a caller is theirs, linked or not',
    file: 'src/store/sqlite/known-accounts.ts',
    find: `account.id IN (SELECT account FROM linked) AS linked`,
    plant: `1 AS linked`,
    caughtBy: corners('links nobody while both accounts carry it'),
  },
  {
    name: 'accounts of every source decide who somebody is in each',
    file: 'src/store/sqlite/facts.ts',
    find: `accounts: accounts.get(source) ?? []`,
    plant: `accounts: [...accounts.values()].flat()`,
    caughtBy: corners('whoever is a guest in one source and a member in another is everyone in the other alone'),
  },
  {
    name: 'a document that became a folder can still be read',
    file: 'src/store/sqlite/writing/items.ts',
    find: `      texts.remove(commit, id);
      statements.removeDocument.run(id);
      return true;`,
    plant: `      return true;`,
    caughtBy: folders('a document that becomes a folder is read by nobody, decides for others, and is a document again'),
  },
  {
    name: 'a directory of which too much would go at once is as one that was never read',
    file: 'src/store/sqlite/writing/sweep.ts',
    find: `iif(listed = 0, 0, 2)`,
    plant: `0`,
    caughtBy: corners('a directory whose sweep was refused still says who is active'),
  },
];
