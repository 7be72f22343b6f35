import { mountTool } from 'castellan/openai';
import OpenAI from 'openai';

const url = 'https://castellan.acme.test/mcp';
const token = process.env['CASTELLAN_TOKEN'] ?? '';

const stream = await new OpenAI().responses.create({
  model: 'gpt-5.4-mini',
  tools: [mountTool({ url }, { token })],
  input: process.argv[2] ?? 'What is new?',
  stream: true,
});
for await (const event of stream) {
  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta);
}
