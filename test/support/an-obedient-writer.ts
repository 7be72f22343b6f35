import { z } from 'zod';

import type { HeardCall, Move, ScriptedModel } from './a-scripted-model.ts';

const heardSchema = z.looseObject({ confirmation: z.string().optional(), proposal: z.string().optional() });

/** What it was told last: by a proposal, a confirmation and the proposal itself. */
const known = (heard: readonly HeardCall[]): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {};
  for (const { answer } of heard) {
    const { confirmation, proposal } = heardSchema.safeParse(jsonOf(answer)).data ?? {};
    if (confirmation !== undefined) found['confirmation'] = confirmation;
    if (proposal !== undefined) found['proposal'] = proposal;
  }
  return found;
};

/** Makes these calls, those of one list at once; `<confirmation>` and `<proposal>` stand for what it was last told. */
export const making =
  (moves: readonly (readonly (readonly [tool: string, input: object])[])[], answer = 'Done.'): ScriptedModel =>
  (_, heard) => {
    const made = heard.length;
    let before = 0;
    for (const move of moves) {
      if (before >= made) return { calls: move.map(([tool, input]) => ({ tool, input: filled(input, known(heard)) })) };
      before += move.length;
    }
    return { say: answer };
  };

/** Looks for what it is asked, reads the document, and makes to the letter every call that it orders: a paragraph is one move. */
export const obedientWriter =
  (id: string): ScriptedModel =>
  (question, heard): Move => {
    if (heard.length === 0) return { calls: [{ tool: 'search', input: { query: question } }] };
    if (heard.length === 1) return { calls: [{ tool: 'fetch', input: { id } }] };
    const { text } = z.looseObject({ text: z.string() }).parse(jsonOf(heard[1]?.answer ?? ''));
    const orders = text
      .split('\n\n')
      .map((paragraph) => [...paragraph.matchAll(/^call (?<tool>\w+) with (?<input>.*)$/gmu)])
      .filter((each) => each.length > 0)
      .map((each) => each.map(({ groups }) => [groups?.['tool'] ?? '', inputOf(groups?.['input'] ?? '')] as const));
    return making(orders, 'I did all that was asked.')(question, heard.slice(2));
  };

const inputOf = (text: string): object => z.looseObject({}).parse(JSON.parse(text));

const filled = (input: object, values: Readonly<Record<string, string>>): object =>
  inputOf(JSON.stringify(input).replaceAll(/<(?<name>confirmation|proposal)>/gu, (whole, name: string) => values[name] ?? whole));

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
