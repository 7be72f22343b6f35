import {
  acceptedContent,
  inputRequired,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });
const none = z.object({});
const NAME = z.object({ name: z.string() });
const OK = z.object({ ok: z.boolean() });

const askName = inputRequired.elicit({ message: 'What is your name?', requestedSchema: NAME });
const askModel = inputRequired.createMessage({
  messages: [{ role: 'user', content: { type: 'text', text: 'What is the capital of France?' } }],
  maxTokens: 100,
});
const askOk = inputRequired.elicit({ message: 'Please confirm', requestedSchema: OK });

/** The tools and the prompt of the suite that ask their client something before they answer. */
export const offerAsking = (server: McpServer, states: RequestStateCodec): void => {
  const offer = (
    name: string,
    run: (context: ServerContext) => Promise<ReturnType<typeof inputRequired> | ReturnType<typeof text>>,
  ) =>
    server.registerTool(`test_input_required_result_${name}`, { description: name, inputSchema: none }, (_, context) =>
      run(context),
    );

  offer('elicitation', async ({ mcpReq }) => {
    const name = acceptedContent(mcpReq.inputResponses, 'user_name', NAME)?.name;
    return name === undefined ? inputRequired({ inputRequests: { user_name: askName } }) : text(`Hello, ${name}!`);
  });
  offer('sampling', async (context) =>
    heard(context, 'capital_question') ? text('It is Paris.') : inputRequired({ inputRequests: { capital_question: askModel } }),
  );
  offer('list_roots', async (context) =>
    heard(context, 'client_roots')
      ? text(JSON.stringify(context.mcpReq.inputResponses))
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } }),
  );
  for (const name of ['request_state', 'tampered_state']) {
    offer(name, async (context) =>
      heard(context, 'confirm') && context.mcpReq.requestState() !== undefined
        ? text('state-ok')
        : inputRequired({ inputRequests: { confirm: askOk }, requestState: await states.mint(name) }),
    );
  }
  offer('multiple_inputs', async (context) =>
    heard(context, 'user_name') && heard(context, 'greeting') && heard(context, 'client_roots')
      ? text('all there')
      : inputRequired({
          inputRequests: { user_name: askName, greeting: askModel, client_roots: inputRequired.listRoots() },
          requestState: await states.mint('several'),
        }),
  );
  offer('multi_round', async (context) => {
    if (heard(context, 'step2')) return text('done');
    return heard(context, 'step1')
      ? inputRequired({ inputRequests: { step2: askOk }, requestState: await states.mint('second') })
      : inputRequired({ inputRequests: { step1: askName }, requestState: await states.mint('first') });
  });
  offer('capabilities', async () => inputRequired({ inputRequests: { only: askModel } }));

  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks first' }, async (context) =>
    heard(context, 'user_context')
      ? { messages: [{ role: 'user' as const, content: { type: 'text' as const, text: 'with context' } }] }
      : inputRequired({ inputRequests: { user_context: askName } }),
  );
  server.registerTool('test_streaming_elicitation', { description: 'Asks', inputSchema: none }, async (_, context) =>
    heard(context, 'user_name') ? text('done') : inputRequired({ inputRequests: { user_name: askName } }),
  );
  // Nobody who asks for it can sample, so the protocol's own end has to refuse.
  server.registerTool('test_missing_capability', { description: 'Needs sampling', inputSchema: none }, async () =>
    inputRequired({ inputRequests: { only: askModel } }),
  );
  offerAskingEarlier(server);
};

/** An answer has no way back; it need not be waited for long. */
const NO_ANSWER = { timeout: 200 };

/** Of the era in which a server calls its client: it would need a session to call into. */
const offerAskingEarlier = (server: McpServer): void => {
  server.registerTool('test_sampling', { description: 'Samples', inputSchema: none }, async (_, { mcpReq }) =>
    text(
      JSON.stringify(
        await mcpReq.requestSampling(
          { messages: [{ role: 'user', content: { type: 'text', text: 'Hello' } }], maxTokens: 10 },
          NO_ANSWER,
        ),
      ),
    ),
  );
  for (const name of ['test_elicitation', 'test_elicitation_sep1034_defaults', 'test_elicitation_sep1330_enums']) {
    server.registerTool(name, { description: 'Elicits', inputSchema: none }, async (_, { mcpReq }) => {
      const requestedSchema = { type: 'object' as const, properties: { name: { type: 'string' as const, default: 'Ada' } } };
      return text((await mcpReq.elicitInput({ message: 'What is your name?', requestedSchema }, NO_ANSWER)).action);
    });
  }
};

const heard = ({ mcpReq }: ServerContext, key: string): boolean => mcpReq.inputResponses?.[key] !== undefined;
