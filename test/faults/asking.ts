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
  {
    name: 'a key with a second line is sent, and quoted by whoever refuses it',
    file: 'src/open-asking.ts',
    find: `if (key && !/^[!-~]+$/u.test(key)) {`,
    plant: `if (key && !/^[!-~]/u.test(key)) {`,
    caughtBy: failing('%s is refused before anything is sent'),
  },
  {
    name: 'whoever refuses a header quotes what signs in',
    file: 'src/sources/authorise.ts',
    find: `  } catch {\n`,
    plant: `  } catch (error) {\n    if (error) throw error;\n`,
    caughtBy: {
      file: 'test/embed/service.test.ts',
      test: 'is sent no key that holds more than one line, and the error does not quote it',
    },
  },
  {
    name: 'an API that sends a request on is given it again, wherever that is',
    file: 'src/openai/client.ts',
    find: `redirect: 'manual'`,
    plant: `redirect: 'follow'`,
    caughtBy: failing('an API that sends the request on is not followed, though the address is its own'),
  },
  {
    name: 'the key goes unencrypted to whatever address has no dot',
    file: 'src/open-asking.ts',
    find: `: !isPublicAddress(literal);`,
    plant: `: literal !== '' || isPublicAddress(literal);`,
    caughtBy: failing('%s is refused before anything is sent'),
  },
  {
    name: 'what a conversation was told of permissions is not decided again',
    file: 'src/open-asking.ts',
    find: `told.tool !== 'explain_access' ||`,
    plant: `told.tool === 'explain_access' ||`,
    caughtBy: responses(
      'a conversation that was only told why a person may see something is not gone on with, once they may not',
    ),
  },
  {
    name: 'a refusal may quote the key',
    file: 'src/openai/failure.ts',
    find: `quoted(words, whom)} Ask`,
    plant: `words} Ask`,
    caughtBy: responses('no key is in anything that is printed or recorded'),
  },
  {
    name: 'a call that may have been made, and changed something, is made again',
    file: 'src/openai/chat.ts',
    find: `retry: isLate(error) && mayRepeat(tool)`,
    plant: `retry: isLate(error) || mayRepeat(tool)`,
    caughtBy: calls('are not made again without an answer, where the tool may have changed something'),
  },
  {
    name: 'an address that only begins another cites its document',
    file: 'src/openai/cite.ts',
    find: `if (!GOES_ON.test(`,
    plant: `if (text !== '' || !GOES_ON.test(`,
    caughtBy: { file: 'test/openai/cite.test.ts', test: 'an address that only begins like one cites nothing: %s' },
  },
];
