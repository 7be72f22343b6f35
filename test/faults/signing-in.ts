import type { Fault, NamedTest } from './fault.ts';

const token = (test: string): NamedTest => ({ file: 'test/sources/sign-in/credential.test.ts', test });
const kept = (test: string): NamedTest => ({ file: 'test/sources/sign-in/kept.test.ts', test });
const store = (test: string): NamedTest => ({ file: 'test/store/sqlite/ledger/credentials.test.ts', test });
const browser = (test: string): NamedTest => ({ file: 'test/cli/connect.test.ts', test });

/** Mistakes about what lets Castellan in at sources. */
export const SIGNING_IN: readonly Fault[] = [
  {
    name: 'each of those who find a token over renews it',
    file: 'src/sources/sign-in/credential.ts',
    find: `renewing ??= renew(refused)`,
    plant: `renewing = renew(refused)`,
    caughtBy: token('is renewed a minute before its end, once for all who ask'),
  },
  {
    name: 'two processes renew at the same time',
    file: 'src/store/sqlite/ledger/credentials.ts',
    find: `if (held && held.holder !== name && !hangs && isAlive(held))`,
    plant: `if (held && held.holder !== name && !hangs && !isAlive(held))`,
    caughtBy: store('one at a time holds the right to renew, and gives it back'),
  },
  {
    name: 'a dead process renews for ever',
    file: 'src/store/sqlite/ledger/credentials.ts',
    find: `&& !hangs && isAlive(held))`,
    plant: `&& !hangs)`,
    caughtBy: store('who holds it and is dead has lost it at once'),
  },
  {
    name: 'what was renewed is in memory alone',
    file: 'src/sources/sign-in/credential.ts',
    find: `const put = await credentials.put(rowOf(source, kept, keeping));`,
    plant: `const put = rowOf(source, kept, keeping).version > 0;`,
    caughtBy: token('is in the file before it is shown to the source'),
  },
  {
    name: 'what could not be kept is thrown away',
    file: 'src/sources/sign-in/credential.ts',
    find: `if (unstored && follows(`,
    plant: `if (version < 0 && unstored && follows(`,
    caughtBy: kept('cannot be kept while another process holds the file: it is not lost, and kept the next time'),
  },
  {
    name: 'the refresh token of before is used again',
    file: 'src/sources/sign-in/grant.ts',
    find: `const next = granted.refresh ?? before.refresh;`,
    plant: `const next = before.refresh ?? granted.refresh;`,
    caughtBy: token('that ends while a long run is on is renewed, and the run goes on'),
  },
  {
    name: 'what is dead is asked for again and again',
    file: 'src/sources/sign-in/credential.ts',
    find: `    if (facts) await credentials.put(rowOf(source, { version: version + 1, facts }, keeping));\n`,
    plant: `    if (!facts) return;\n`,
    caughtBy: token('that was used already, since an answer was lost, is dead, and it is said'),
  },
  {
    name: 'a provider is hammered for what the source refuses',
    file: 'src/sources/sign-in/credential.ts',
    find: `Math.abs(now() - refusedAt) < PATIENCE) return undefined;`,
    plant: `now() < 0) return undefined;`,
    caughtBy: token('is asked once more, and then not hammered, nor its provider'),
  },
  {
    name: 'what a provider answers is quoted',
    file: 'src/sources/sign-in/token-endpoint.ts',
    find: `the answer (\${status}) is none`,
    plant: `the answer (\${text}) is none`,
    caughtBy: token('%s is told as %s, and asked again later'),
  },
  {
    name: 'a credential opens in the row of another source',
    file: 'src/sources/sign-in/kept.ts',
    find: `canonicalJson({ source: name, connector`,
    plant: `canonicalJson({ source: name.length < 0, connector`,
    caughtBy: kept('does not open for %s'),
  },
  {
    name: 'what is written beside a credential is believed',
    file: 'src/sources/sign-in/kept.ts',
    find: `version, facts, hosts:`,
    plant: `version, facts: facts.length < 0, hosts:`,
    caughtBy: kept('does not open once somebody changed %s'),
  },
  {
    name: 'what the old key sealed is left so',
    file: 'src/sources/sign-in/credential.ts',
    find: `return kept?.stale ?`,
    plant: `return kept?.stale && seen > 0 ?`,
    caughtBy: kept('a key that is exchanged: the old one still opens, and what is used is sealed with the new'),
  },
  {
    name: 'a credential is sealed anew while another process renews it',
    file: 'src/sources/sign-in/credential.ts',
    find: `if (claimed.state !== 'mine') return kept;`,
    plant: `if (claimed.state !== 'mine' && seals.source === '') return kept;`,
    caughtBy: {
      file: 'test/sources/sign-in/processes.test.ts',
      test: 'while the key is exchanged, what another process is renewing with the old one is not lost',
    },
  },
  {
    name: 'what could not be kept is thrown away once somebody sealed anew',
    file: 'src/sources/sign-in/credential.ts',
    find: ` || (usedUp !== undefined && now?.refresh === usedUp)`,
    plant: '',
    caughtBy: kept('cannot be kept, and is sealed anew by another process meanwhile: it is not lost either'),
  },
  {
    name: 'a token is kept whatever the source says of it',
    file: 'src/sources/sign-in/connect.ts',
    find: `probe && !untried ?`,
    plant: `probe && untried ?`,
    caughtBy: { file: 'test/cli/connect-token.test.ts', test: 'and is not accepted replaces nothing, and is told nowhere' },
  },
  {
    name: 'the answer of any sign-in is taken',
    file: 'src/sources/sign-in/authorization.ts',
    find: `parameters.get('state') === state,`,
    plant: `parameters.has('state') || state === '',`,
    caughtBy: browser(
      'what comes back is taken from the browser alone that began: another state, another page and another name are refused',
    ),
  },
  {
    name: 'a page of any name may answer for the browser',
    file: 'src/sources/sign-in/loopback.ts',
    find: `headers.host === own && `,
    plant: `headers.host !== '' && `,
    caughtBy: browser(
      'what comes back is taken from the browser alone that began: another state, another page and another name are refused',
    ),
  },
  {
    name: 'an answer of another issuer is taken',
    file: 'src/sources/sign-in/authorization.ts',
    find: `said !== null && URL.parse(said)?.origin === new URL(authorize).origin ? said : undefined`,
    plant: `said !== null && authorize !== '' ? said : undefined`,
    caughtBy: browser('an answer of another issuer is refused, and nothing is kept'),
  },
  {
    name: 'more is asked for than is declared',
    file: 'src/sources/sign-in/authorization.ts',
    find: `...(scopes.length > 0 && { scope: scopes.join(' ') }),`,
    plant: `...(scopes.length > 0 && { scope: [...scopes, 'write:pages'].join(' ') }),`,
    caughtBy: browser('a source is connected, read, renewed, and told about'),
  },
  {
    name: 'what is typed is shown',
    file: 'src/cli/ask-secret.ts',
    find: `if (typed) stdin.setRawMode?.(true);`,
    plant: `if (!typed) stdin.setRawMode?.(true);`,
    caughtBy: {
      file: 'test/cli/connect-token.test.ts',
      test: 'that is typed is not shown, can be mended, and ends with Enter',
    },
  },
];
