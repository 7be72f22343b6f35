import { createMCPClient } from '@ai-sdk/mcp';

const url = 'https://castellan.acme.test/mcp';
const headers = { Authorization: `Bearer ${process.env['CASTELLAN_TOKEN']}` };

const castellan = await createMCPClient({ transport: { type: 'http', url, headers } });
try {
  const tools = await castellan.tools(); // what generateText, streamText and an agent take as `tools`
  console.log(Object.keys(tools));
} finally {
  await castellan.close();
}
