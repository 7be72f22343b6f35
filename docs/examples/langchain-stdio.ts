import { MultiServerMCPClient } from '@langchain/mcp-adapters';

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

const client = new MultiServerMCPClient({ castellan: { transport: 'stdio', ...server } });
try {
  const tools = await client.getTools(); // what createAgent takes as `tools`
  console.log(tools.map(({ name }) => name));
} finally {
  await client.close();
}
