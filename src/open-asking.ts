import { parseWho } from './access/identify.ts';
import { isPublic } from './cli/known-clients.ts';
import type { Asking, AskingRequest, WritingPerson } from './cli/asking.ts';
import type { Place } from './cli/parts.ts';
import { type Caller, type Identity, identityName, type TokenScope } from './core/caller.ts';
import { AppError } from './core/errors.ts';
import { endpointOf } from './endpoint.ts';
import { issueToken } from './issue-token.ts';
import { type Machine, openPlace } from './machine.ts';
import { approving } from './open-approving.ts';
import { type Path, openPath } from './open-path.ts';
import { type Api, openClient } from './openai/client.ts';
import { askWithChat } from './openai/chat.ts';
import { connectInProcess } from './openai/in-process.ts';
import { type MountedServer, WRITE_TOOLS } from './openai/mount-tool.ts';
import { askWithResponses } from './openai/responses.ts';
import type { Answer, Told } from './openai/told.ts';
import { createMcpServer } from './server/mcp.ts';
import { isPublic as isPublicAddress, literalOf } from './sources/address.ts';
import { type Conversation, openConversations } from './store/conversations.ts';
import { withdrawToken } from './withdraw-token.ts';

/** As the audit and `clients:` of the configuration name the two ways to ask. */
const CLIENTS = { responses: 'openai-responses', chat: 'openai-chat' } as const;
const OPENAI = 'https://api.openai.com/v1';
/** Longer than any question should take, and as long as the token that it is asked with lives. */
const MINUTES = 10;
/** A model that thinks says nothing for so long, in ms. */
const SILENCE = 300_000;
/** Of a completion, which does nothing but compute. */
const RETRIES = 2;
/** Sent where a model near by wants no key. No word of a sentence, since keys are taken out of whatever is quoted. */
const NO_KEY = 'no-key-is-set';
/** Turns and documents of one conversation: a longer one is begun anew. */
const TURNS_MAX = 100;
const DOCUMENTS_MAX = 1000;

/** Opens the way to a model that answers one person. */
export const openAsking = async (place: Place, request: AskingRequest, machine: Machine): Promise<Asking> => {
  const { api, baseUrl = OPENAI, who } = request;
  const identity = parseWho(who);
  const here = await openPlace(place, machine);
  const { config, folder } = here;
  const openai = clientFor(request, machine);
  const conversations = openConversations(folder.conversations);
  const of = [identityName(identity), api, baseUrl];
  const before = request.continues ? await conversations.last(of) : undefined;
  if (request.continues && !before) {
    throw new AppError('invalid_input', `There is no conversation of ${who} to go on with. Ask without --continue.`);
  }
  await using opened = new AsyncDisposableStack();
  const minutes = Math.min(MINUTES, config.identity.tokenMinutes);
  const opening: Opening = { place, here, request, machine, openai, identity, minutes, opened, ...(before && { before }) };
  const ask = api === 'responses' ? await throughResponses(opening) : await throughChat(opening);
  const closing = opened.move();
  let unkept: AppError | undefined;
  return {
    unkept: () => unkept,
    ask: async function* (question) {
      const held: string[] = [];
      for await (const told of ask(question)) {
        held.push(...explainedBy(told), ...quotedBy(told));
        if (told.kind === 'ended') unkept = await keep(told.answer, question, held).then(() => undefined, mendable);
        yield told;
      }
    },
    close: () => closing.disposeAsync(),
  };

  /** An answer that broke off is no turn to go on from. */
  async function keep({ responseId, text, given, tools, incomplete }: Answer, question: string, held: string[]): Promise<void> {
    if (incomplete || (api === 'responses' && responseId === undefined)) return;
    const turn = api === 'chat' ? [{ question, answer: text }] : [];
    const kept = {
      ...(responseId === undefined ? {} : { response: responseId }),
      turns: [...(before?.turns ?? []), ...turn].slice(-TURNS_MAX),
      documents: [...new Set([...(before?.documents ?? []), ...given.map(({ id }) => id), ...held])],
      tools: [...(tools ?? before?.tools ?? [])],
    };
    await conversations.keep(of, kept, before);
  }
};

/** What the answer is not lost for. */
const mendable = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  throw error;
};

/** The document whose permissions a call told of: it was given no text of it, and yet something that may be taken away. */
const explainedBy = (told: Told): string[] => {
  if (told.kind !== 'called' || told.tool !== 'explain_access' || told.failed !== undefined) return [];
  const { input } = told;
  return typeof input === 'object' && input !== null && 'id' in input && typeof input.id === 'string' ? [input.id] : [];
};

/** What a proposal quotes or names was given too. */
const quotedBy = (told: Told): readonly string[] => (told.kind === 'called' ? (told.quoted ?? []) : []);

interface Opening {
  readonly place: Place;
  /** As it was opened when the run began. */
  readonly here: Awaited<ReturnType<typeof openPlace>>;
  readonly request: AskingRequest;
  readonly machine: Machine;
  readonly openai: Api;
  readonly identity: Identity;
  /** How long a token may live. */
  readonly minutes: number;
  readonly opened: AsyncDisposableStack;
  readonly before?: Conversation;
}

type Ask = (question: string) => AsyncIterable<Told>;

/** OpenAI mounts the server itself, with a token that lives for this run. */
const throughResponses = async ({
  place,
  here,
  request,
  machine,
  openai,
  before,
  minutes,
  opened,
  identity,
}: Opening): Promise<Ask> => {
  const { who, model, port, stores, approval, writing, signal } = request;
  const mounted = await mountedServer(place, request, machine);
  let { approve } = request;
  if (before || writing) {
    const path = opened.adopt(await openPath(await openPlace(place, machine), machine), (one) => one.close());
    const caller = callerOf(path, { identity, client: CLIENTS.responses, scopes: scopesFor(request) }, machine);
    if (before) await assertStillTheirs(before, path, caller, signal);
    if (writing) approve = approvingAt(path, CLIENTS.responses, caller, { ...request, writing });
  }
  const scopes = scopesFor(request);
  const asked = { who, client: CLIENTS.responses, scopes, minutes, ...(port === undefined ? {} : { port }) };
  const { token, id } = await issueToken(place, asked, machine);
  opened.defer(() => withdrawToken(here, { id, who }, machine));
  return (question) =>
    askWithResponses({
      openai,
      server: mounted,
      caller: { token, approval, ...(writing && { writes: WRITE_TOOLS }) },
      question,
      store: stores,
      signal,
      ...(model === undefined ? {} : { model }),
      ...(approve ? { approve } : {}),
      ...(before?.response === undefined ? {} : { previousResponseId: before.response, knownTools: before.tools }),
    });
};

/** The model calls functions, and they are called here, on the index of this machine. */
const throughChat = async ({ place, request, machine, openai, before, opened, identity }: Opening): Promise<Ask> => {
  const { model, approval, writing, signal } = request;
  const path = opened.adopt(await openPath(await openPlace(place, machine), machine), (one) => one.close());
  const scopes = scopesFor(request);
  const caller = callerOf(path, { identity, client: CLIENTS.chat, scopes }, machine);
  if (before) await assertStillTheirs(before, path, caller, signal);
  const approve = writing ? approvingAt(path, CLIENTS.chat, caller, { ...request, writing }) : request.approve;
  const tools = path.toolsFor(CLIENTS.chat).filter(({ scope }) => scopes.includes(scope));
  const server = createMcpServer({ call: path.call, tools, callerOf: caller, version: machine.version });
  const named = { name: CLIENTS.chat, version: machine.version };
  const { mcp } = opened.adopt(await connectInProcess(named, (end) => server.connect(end)), (one) => one.close());
  const history = before?.turns ?? [];
  const more = { ...(model === undefined ? {} : { model }), ...(approve ? { approve } : {}) };
  return (question) => askWithChat({ openai, mcp, question, history, approval, signal, ...more });
};

/** Who asks, and who lets them: both are named in the audit. */
const callerOf =
  ({ recall }: Path, { identity, client, scopes }: Pick<Caller, 'identity' | 'client' | 'scopes'>, { operator }: Machine) =>
  async (): Promise<Caller> => ({ identity: await recall(identity), client, scopes, actor: `os:${operator}` });

/** A run reads, and writes only where that was asked for. */
const scopesFor = ({ writing }: AskingRequest): readonly TokenScope[] => (writing ? ['read', 'write'] : ['read']);

/** How this run asks before it writes. Throws `config` where nothing can be written through its client. */
const approvingAt = (
  { toolsFor, writes }: Path,
  client: string,
  callerOf: () => Promise<Caller>,
  { writing: person, approve }: AskingRequest & { readonly writing: WritingPerson },
): ReturnType<typeof approving> => {
  if (toolsFor(client).some(({ scope }) => scope === 'write')) return approving({ person, writes, callerOf, approve });
  throw new AppError(
    'config',
    `Nothing can be written through ${client}. Allow an action of a source in castellan.yaml, such as writes: { files.edit: confirm }, ` +
      `and see that neither the source nor clients.${client} says forbid. Or leave out --writes.`,
  );
};

/** What a conversation holds was decided then. It goes on only where all of it would be given today. */
const assertStillTheirs = async (
  { documents }: Conversation,
  { call }: Path,
  caller: () => Promise<Caller>,
  signal: AbortSignal,
): Promise<void> => {
  if (documents.length > DOCUMENTS_MAX) {
    throw new AppError('too_large', 'The conversation has become too long to go on with. Ask anew, without --continue.');
  }
  for (const id of documents) {
    const result = await call('explain_access', { id }, caller, signal);
    if (!('error' in result)) continue;
    if (result.error.code !== 'not_found') throw new AppError(result.error.code, result.error.message);
    throw new AppError(
      'expired',
      'The conversation holds what is gone or not for this person any more. Ask anew, without --continue.',
    );
  }
};

/** The API's own host may be this machine, where a person says so: then nothing but the address changes. */
const clientFor = ({ api, baseUrl = OPENAI }: AskingRequest, { env, outgoing, warn }: Machine): Api => {
  const url = URL.parse(baseUrl);
  if (!url || !/^https?:$/u.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new AppError('invalid_input', 'This is no address of an API. Give one such as: --base-url http://127.0.0.1:11434/v1');
  }
  const literal = literalOf(url.hostname);
  const isNear = literal === undefined ? !isPublic(`https://${url.host}`) : !isPublicAddress(literal);
  if (url.protocol === 'http:' && !isNear) {
    throw new AppError(
      'invalid_input',
      `${url.host} would be sent the key and the data unencrypted. Give its https address: --base-url`,
    );
  }
  const key = env['OPENAI_API_KEY']?.trim();
  if (!key && !isNear) {
    throw new AppError(
      'config',
      'There is no key. Make one at platform.openai.com/api-keys and set it: export OPENAI_API_KEY=<key>',
    );
  }
  // Whoever sends it would refuse it too, and quote it.
  if (key && !/^[!-~]+$/u.test(key)) {
    throw new AppError(
      'config',
      'OPENAI_API_KEY holds something that no key holds, such as a second line. Set it to the key alone.',
    );
  }
  if (key && url.protocol === 'http:' && !isHere(url.hostname)) {
    warn(
      `${url.host} is sent the key and the data unencrypted: whoever is on the way there reads both. Better: its https address.`,
    );
  }
  const whole = MINUTES * 60_000;
  const fetch = outgoing.fetchFor({
    name: url.host,
    hosts: [url.host],
    writes: true,
    privateNetwork: baseUrl !== OPENAI, // whoever names another knows where it is
    patience: { silence: SILENCE, whole },
    rate: { perSecond: 0, concurrent: 16 },
  });
  const maxRetries = api === 'chat' ? RETRIES : 0; // a response may have called tools already
  return openClient({ apiKey: key || NO_KEY, baseUrl, fetch, timeout: whole, maxRetries });
};

/** What is sent there goes over no wire. */
const isHere = (hostname: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u.test(hostname);

/** Where the API is to reach the server. OpenAI reaches nothing that the internet does not, so that is not tried. */
const mountedServer = async (
  place: Place,
  { tunnel, port, baseUrl = OPENAI }: AskingRequest,
  machine: Machine,
): Promise<MountedServer> => {
  if (tunnel !== undefined) return { tunnelId: tunnel };
  const { url } = await endpointOf(place, port === undefined ? {} : { port }, machine);
  if (isPublic(url) || !isPublic(baseUrl)) return { url };
  throw new AppError(
    'config',
    `OpenAI calls the server from the internet, where nobody reaches ${new URL(url).host}. Set server.public_url to an https address ` +
      'that the internet reaches, or create a tunnel at platform.openai.com/settings/organization/tunnels, run its tunnel-client ' +
      `beside the server with MCP_SERVER_URL=${url}, and name it: --tunnel <id>. Or let this machine call the tools: --api chat`,
  );
};
