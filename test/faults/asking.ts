import type { Fault, NamedTest } from './fault.ts';

const responses = (test: string): NamedTest => ({ file: 'test/openai/responses.test.ts', test });
const failing = (test: string): NamedTest => ({ file: 'test/openai/failing.test.ts', test });
const calls = (test: string): NamedTest => ({ file: 'test/openai/calls.test.ts', test });

/** Mistakes about asking a model. */
export const ASKING: readonly Fault[] = [
  {
    name: 'a conversation goes on for whoever asks next',
    file: 'src/open-asking.ts',
    find: `const of = [identityName(identity), api, baseUrl];`,
    plant: `const of = ['', api, baseUrl];`,
    caughtBy: responses('of somebody else is not gone on with'),
  },
  {
    name: 'a conversation goes on though what it holds was taken away',
    file: 'src/open-asking.ts',
    find: `if (!('error' in result)) continue;`,
    plant: `if (result) continue;`,
    caughtBy: responses('that holds what the person may not see any more is not gone on with'),
  },
  {
    name: 'the token of a run outlives it',
    file: 'src/open-asking.ts',
    find: `  opened.defer(() => withdrawToken(here, { id, who }, machine));\n`,
    plant: `  void [withdrawToken, id];\n`,
    caughtBy: responses('the token is good for nothing once the run has ended, and the audit says so'),
  },
  {
    name: 'a withdrawn token is looked at and let in',
    file: 'src/access/verifier.ts',
    find: `if (await authority.isWithdrawn?.(payload)) return 'withdrawn';`,
    plant: `await authority.isWithdrawn?.(payload);`,
    caughtBy: responses('the token is good for nothing once the run has ended, and the audit says so'),
  },
  {
    name: 'where nobody can say whether a token was withdrawn, it was not',
    file: 'src/store/withdrawn-tokens.ts',
    find: `.catch(unless('ENOENT'));`,
    plant: `.catch(() => undefined);`,
    caughtBy: {
      file: 'test/store/withdrawn-tokens.test.ts',
      test: 'where nobody can say whether a token was withdrawn, that is no yes and no no',
    },
  },
  {
    name: 'a token that is to read may write',
    file: 'src/open-asking.ts',
    find: `client: CLIENTS.responses, scopes: ['read'] as const,`,
    plant: `client: CLIENTS.responses, scopes: ['read', 'write'] as const,`,
    caughtBy: responses('the server is mounted as OpenAI documents it, with a token of ten minutes that only reads'),
  },
  {
    name: 'silence is consent',
    file: 'src/cli/ask-approve.ts',
    find: `const yes = done !== true && /^\\s*y(?:es)?\\s*$/iu.test(value);`,
    plant: `const yes = done === true || /^\\s*y(?:es)?\\s*$/iu.test(value);`,
    caughtBy: responses('of somebody %s is a no: nothing is called'),
  },
  {
    name: 'the key is quoted where the API quotes it',
    file: 'src/openai/failure.ts',
    find: `  clean.stack = scrubbed(error.stack ?? '', whom);`,
    plant: `  clean.stack = error.stack ?? '';`,
    caughtBy: responses('no key is in anything that is printed or recorded'),
  },
  {
    name: 'half an answer passes for a whole one',
    file: 'src/openai/responses.ts',
    find: `return ended(round.error ?? brokenOff());`,
    plant: `return ended(round.error);`,
    caughtBy: failing('%s says that it is one, to a person and to a program'),
  },
  {
    name: 'a conversation goes on from half an answer',
    file: 'src/open-asking.ts',
    find: `if (incomplete || (api`,
    plant: `if (!incomplete && (api`,
    caughtBy: failing('is not what a conversation goes on from'),
  },
  {
    name: 'the key goes over the wire for all to read',
    file: 'src/open-asking.ts',
    find: `if (url.protocol === 'http:' && !isNear)`,
    plant: `if (url.protocol === 'ftp:' && !isNear)`,
    caughtBy: failing('%s is refused before anything is sent'),
  },
  {
    name: 'what the model made up is a citation',
    file: 'src/openai/cite.ts',
    find: `return ids.every((id) => known.has(id)) ?`,
    plant: `return ids.length > 0 ?`,
    caughtBy: { file: 'test/openai/cite.test.ts', test: 'an id that nobody gave is left as it is, and is no citation' },
  },
  {
    name: 'calls wait for each other',
    file: 'src/openai/chat.ts',
    find: `const heard = await Promise.all(calls.map((call, place) => resultOf(call, place, tools, question)));`,
    plant: `const heard: Result[] = [];\n    for (const [place, call] of calls.entries()) heard.push(await resultOf(call, place, tools, question));`,
    caughtBy: calls('are made at once'),
  },
  {
    name: 'the question leaves before the history does',
    file: 'src/openai/history.ts',
    find: `for (let left = earlier; left > 0 && over > 0; left -= 2)`,
    plant: `for (let left = earlier + 2; left > 0 && over > 0; left -= 2)`,
    caughtBy: calls('never loses the instructions, the question and the newest result'),
  },
];
