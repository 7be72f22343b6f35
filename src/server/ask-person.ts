import {
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

import type { AskPerson, Proposal } from '../core/proposal.ts';
import { linesOf } from '../core/proposal-lines.ts';

/** What the person at a client is asked, and what they said when the call came before. */
export interface AtClient {
  /** Absent where the client did not declare that it asks its user. */
  readonly askPerson?: AskPerson;
  /** What the client is to ask before it makes the same call again; undefined where there is nothing to be asked. */
  readonly wanted: () => InputRequiredResult | undefined;
}

/** In characters. What is longer no window of a client shows so that somebody reads it; then it takes an approval. */
const MESSAGE_MAX = 8_000;

type Asked = Pick<ServerContext['mcpReq'], 'envelope' | 'inputResponses'>;

const declared = z.looseObject({ [CLIENT_CAPABILITIES_META_KEY]: z.looseObject({ elicitation: z.looseObject({}) }) });
const agreed = z.strictObject({ agree: z.boolean() });

/**
 * Asks by elicitation, in both protocol eras: the call ends with a question, the client puts it to its user, and makes the call
 * again with the answer. The model sees neither.
 */
export const personAt = (server: McpServer, { envelope, inputResponses: responses }: Asked): AtClient => {
  // A request of the present era says itself what its client can; of the earlier one, the handshake did.
  const asks = envelope ? declared.safeParse(envelope).success : server.server.getClientCapabilities()?.elicitation !== undefined;
  if (!asks) return { wanted: () => undefined };
  let wanted: InputRequiredResult | undefined;
  return {
    askPerson: async (proposal) => {
      const message = [...linesOf(proposal), 'Is this to be written?'].join('\n');
      if (message.length > MESSAGE_MAX) return 'unable';
      const key = keyOf(proposal);
      const said = inputResponse(responses, key);
      if (said.kind === 'missing') {
        wanted = inputRequired({ inputRequests: { [key]: inputRequired.elicit(questionOf(message)) } });
        return 'unable';
      }
      if (said.kind !== 'elicit' || said.action === 'cancel') return 'unable';
      return said.action === 'accept' && agreed.safeParse(said.content).data?.agree === true ? 'yes' : 'no';
    },
    wanted: () => wanted,
  };
};

/** An answer to one proposal is none to another. */
const keyOf = ({ id }: Proposal): string => `write-${id}`;

const questionOf = (message: string): Parameters<typeof inputRequired.elicit>[0] => ({
  message,
  requestedSchema: {
    type: 'object',
    properties: { agree: { type: 'boolean', title: 'Write it', default: false } },
    required: ['agree'],
  },
});
