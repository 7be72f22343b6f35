import { createMCPClient } from '@ai-sdk/mcp';
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';

const server = {
  command: '/path/to/node',
  args: [
    '/path/to/castellan/src/launcher.js',
    'serve',
    '--stdio',
    '--as',
    'ada@acme.test',
    '--config',
    '/path/to/castellan.yaml',
    '--data',
    '/path/to/.castellan',
  ],
};

const castellan = await createMCPClient({ transport: new StdioMCPTransport(server) });
try {
  const tools = await castellan.tools(); // what generateText, streamText and an agent take as `tools`
  console.log(Object.keys(tools));
} finally {
  await castellan.close();
}
