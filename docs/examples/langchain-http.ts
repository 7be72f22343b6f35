import { MultiServerMCPClient } from '@langchain/mcp-adapters';

const url = 'https://castellan.acme.test/mcp';
const headers = { Authorization: `Bearer ${process.env['CASTELLAN_TOKEN']}` };

const client = new MultiServerMCPClient({ castellan: { transport: 'http', url, headers, automaticSSEFallback: false } });
try {
  const tools = await client.getTools(); // what createAgent takes as `tools`
  console.log(tools.map(({ name }) => name));
} finally {
  await client.close();
}
