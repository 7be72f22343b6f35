import { completable, fromJsonSchema, type McpServer, ResourceTemplate, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** The smallest picture and the shortest sound there are. */
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SOUND = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==';

const text = (said: string) => ({ type: 'text' as const, text: said });
const picture = { type: 'image' as const, data: PICTURE, mimeType: 'image/png' };
const embedded = (uri: string) => ({ type: 'resource' as const, resource: { uri, mimeType: 'text/plain', text: 'embedded' } });
const user = <T>(content: T) => ({ role: 'user' as const, content });
const none = z.object({});

/** The tools of the suite that merely answer, its prompts and its resources. */
export const offerContent = (server: McpServer): void => {
  offerTools(server);
  offerTalkingTools(server);
  offerPrompts(server);
  offerResources(server);
};

const offerTools = (server: McpServer): void => {
  const answers = {
    test_simple_text: [text('simple')],
    test_image_content: [picture],
    test_audio_content: [{ type: 'audio' as const, data: SOUND, mimeType: 'audio/wav' }],
    test_embedded_resource: [embedded('test://embedded-resource')],
    test_multiple_content_types: [text('several'), picture, embedded('test://mixed-content-resource')],
  };
  for (const [name, content] of Object.entries(answers)) {
    server.registerTool(name, { description: name, inputSchema: none }, async () => ({ content }));
  }
  server.registerTool('test_error_handling', { description: 'Fails', inputSchema: none }, () =>
    Promise.reject(new Error('This tool intentionally returns an error for testing')),
  );
  server.registerTool('json_schema_2020_12_tool', { description: 'Has a rich schema', inputSchema: RICH }, async () => ({
    content: [text('rich')],
  }));
  server.registerTool('test_x_mcp_header', { description: 'Takes an argument from a header', inputSchema: HEADED }, async () => ({
    content: [text('headed')],
  }));
};

const REGION = { type: 'string' as const, 'x-mcp-header': 'Region' };
const HEADED = fromJsonSchema({ type: 'object', properties: { region: REGION }, required: ['region'] });

const RICH = fromJsonSchema({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { city: { type: 'string' } } } },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { required: ['name'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
});

/** Those that say something on the way. */
const offerTalkingTools = (server: McpServer): void => {
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Tells how far it is', inputSchema: none },
    async (_, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken: progressToken ?? 0, progress, total: 100 },
        });
      }
      return { content: [text('done')] };
    },
  );
  for (const name of ['test_tool_with_logging', 'test_logging_tool']) {
    server.registerTool(name, { description: 'Logs to its client', inputSchema: none }, async (_, { mcpReq }: ServerContext) => {
      for (const said of ['started', 'at work', 'done']) await mcpReq.log('info', said);
      return { content: [text('logged')] };
    });
  }
};

const offerPrompts = (server: McpServer): void => {
  server.registerPrompt('test_simple_prompt', { description: 'Simple' }, async () => ({ messages: [user(text('simple'))] }));
  const asked = z.object({ arg1: completable(z.string(), (value) => [`${value}-more`]), arg2: z.string() });
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Takes two', argsSchema: asked },
    async ({ arg1, arg2 }) => ({
      messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
    }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Embeds', argsSchema: z.object({ resourceUri: z.string() }) },
    async ({ resourceUri }) => ({ messages: [user(embedded(resourceUri)), user(text('read it'))] }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'Shows' }, async () => ({
    messages: [user(picture), user(text('look at it'))],
  }));
};

const offerResources = (server: McpServer): void => {
  server.server.registerCapabilities({ resources: { subscribe: true } });
  for (const method of ['resources/subscribe', 'resources/unsubscribe'] as const) {
    server.server.setRequestHandler(method, async () => ({})); // nothing here ever changes
  }
  server.registerResource('static-text', 'test://static-text', { mimeType: 'text/plain' }, async ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text: 'static' }],
  }));
  server.registerResource('static-binary', 'test://static-binary', { mimeType: 'image/png' }, async ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'image/png', blob: PICTURE }],
  }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  server.registerResource('template', template, { mimeType: 'application/json' }, async ({ href: uri }, { id }) => ({
    contents: [{ uri, mimeType: 'application/json', text: JSON.stringify({ id }) }],
  }));
};
