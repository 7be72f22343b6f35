import type { Fault, NamedTest } from './fault.ts';

const local = (test: string): NamedTest => ({ file: 'test/access/local-token.test.ts', test });
const token = (test: string): NamedTest => ({ file: 'test/access/issuer-tokens.test.ts', test });
const keys = (test: string): NamedTest => ({ file: 'test/access/issuer-keys.test.ts', test });

/** Mistakes about whose a token is. */
export const IDENTIFYING: readonly Fault[] = [
  {
    name: 'a token for this server and another is taken',
    file: 'src/access/verifier.ts',
    find: "if (!isFor(payload, authority.audience)) return 'audience';",
    plant: '',
    caughtBy: local('a token for another server is refused, and so is one for this and another'),
  },
  {
    name: 'the type of a token is not looked at',
    file: 'src/access/verifier.ts',
    find: '!authority.types.includes(typeOf(protectedHeader.typ)) || ',
    plant: '',
    caughtBy: token('that is an ID token, or a refresh token'),
  },
  {
    name: 'any algorithm is taken',
    file: 'src/access/verifier.ts',
    find: 'algorithms: [...authority.algorithms],',
    plant: '',
    caughtBy: token('that is signed with the public key as a secret'),
  },
  {
    name: 'a token of the future is taken',
    file: 'src/access/verifier.ts',
    find: 'maxTokenAge: AGE_MAX,',
    plant: '',
    caughtBy: local('a local token dies with its minutes, and one from the future is not born yet'),
  },
  {
    name: 'an e-mail that nobody verified counts',
    file: 'src/access/issuer-authority.ts',
    find: '(email.verified && !spokenFor.has(domain))',
    plant: '!spokenFor.has(domain)',
    caughtBy: token('carries no e-mail that its issuer does not vouch for'),
  },
  {
    name: 'every issuer is believed about the e-mails of a domain that another speaks for',
    file: 'src/access/issuer-authority.ts',
    find: '(email.verified && !spokenFor.has(domain))',
    plant: 'email.verified',
    caughtBy: token('of a domain that one issuer is configured to speak for, no other issuer is believed'),
  },
  {
    name: 'a service has the e-mail that its token carries',
    file: 'src/access/profiles/generic.ts',
    find: 'subject === client ? {} : emailOf(data)',
    plant: 'emailOf(data)',
    caughtBy: token('of a service carries none at all'),
  },
  {
    name: 'every unknown key is looked for',
    file: 'src/access/issuer-keys.ts',
    find: 'if (key || (!failed && isYoung(held, LOOK_AGAIN))) return key;',
    plant: 'if (key) return key;',
    caughtBy: keys('that are invented by the thousand cause one look in half a minute'),
  },
  {
    name: 'keys are kept for good',
    file: 'src/access/issuer-keys.ts',
    find: 'if (!isYoung(held, KEYS_MAX_AGE)) await looked(signal);',
    plant: 'if (!held) await looked(signal);',
    caughtBy: keys('that were withdrawn die within ten minutes, even if nobody uses a new one'),
  },
  {
    name: 'a token is issued that no audit knows of',
    file: 'src/issue-token.ts',
    find: 'await audit.record({',
    plant: 'await Promise.resolve({',
    caughtBy: { file: 'test/e2e/token.test.ts', test: 'a token stands alone on stdout, and is in the audit with both names' },
  },
];
