import { askWithResponses } from 'castellan/openai';
import OpenAI from 'openai';

const url = 'https://castellan.acme.test/mcp';
const token = process.env['CASTELLAN_TOKEN'] ?? '';

const question = process.argv[2] ?? 'What is new?';
for await (const told of askWithResponses({ openai: new OpenAI(), server: { url }, caller: { token }, question })) {
  if (told.kind === 'text') process.stdout.write(told.text);
  if (told.kind !== 'ended') continue;
  for (const { number, title, url: where } of told.answer.citations) console.log(`\n[${number}] ${title} ${where}`);
  if (told.answer.incomplete) console.error(told.answer.incomplete.message);
}
