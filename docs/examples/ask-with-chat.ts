import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { askWithChat } from 'castellan/openai';
import OpenAI from 'openai';

const url = 'https://castellan.acme.test/mcp';
const headers = { Authorization: `Bearer ${process.env['CASTELLAN_TOKEN']}` };

const mcp = new Client({ name: 'assistant', version: '1.0.0' });
await mcp.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
try {
  const question = process.argv[2] ?? 'What is new?';
  for await (const told of askWithChat({ openai: new OpenAI(), mcp, question })) {
    if (told.kind === 'text') process.stdout.write(told.text);
    if (told.kind !== 'ended') continue;
    for (const { number, title, url: where } of told.answer.citations) console.log(`\n[${number}] ${title} ${where}`);
    if (told.answer.incomplete) console.error(told.answer.incomplete.message);
  }
} finally {
  await mcp.close();
}
