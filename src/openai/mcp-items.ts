import type OpenAI from 'openai';
import { z } from 'zod';

import { heardOf, jsonOf } from './given.ts';
import type { Told } from './told.ts';

type Item = OpenAI.Responses.ResponseOutputItem;

/** Whose tools are told of. */
interface Ours {
  /** Of the server that was mounted. */
  readonly label: string;
  /** Those that were listed in the turn before. */
  readonly known: readonly string[] | undefined;
  /** Takes out of the API's own words what nobody may read. */
  readonly clean: (words: string) => string;
}

/** What an item of a response tells about the server's tools. What another server gave is told, and is no document of ours. */
export function* toldBy(item: Item, { label, known, clean }: Ours): Generator<Told, void> {
  if (item.type === 'mcp_list_tools' && item.server_label === label && !item.error) {
    const names = item.tools.map(({ name }) => name);
    yield {
      kind: 'tools',
      names,
      gone: (known ?? []).filter((name) => !names.includes(name)),
      added: known ? names.filter((name) => !known.includes(name)) : [],
    };
  }
  if (item.type !== 'mcp_call') return;
  const { failed, retry: _, ...gave } = heardOf(item.output ?? '');
  const foreign = item.server_label === label ? undefined : 'it was made at a server that nobody mounted';
  const silent = item.status === 'failed' ? 'it failed, and did not say why' : undefined;
  const why = foreign ?? failureOf(item.error) ?? failed ?? silent;
  yield {
    kind: 'called',
    tool: item.name,
    input: jsonOf(item.arguments),
    ...(why === undefined ? gave : { documents: [], failed: clean(why) }),
  };
}

const texts = z.array(z.looseObject({ text: z.string() }));

/** Has been a text, and is an object now. */
const callError = z.union([
  z.string().min(1),
  z.looseObject({ type: z.literal('mcp_tool_execution_error'), content: z.unknown() }),
  z.looseObject({ message: z.string(), code: z.union([z.number(), z.string()]).optional() }),
]);

/** Why a call failed, in one sentence; undefined where it did not. */
const failureOf = (error: unknown): string | undefined => {
  if (error === null || error === undefined) return undefined;
  const parsed = callError.safeParse(error);
  if (!parsed.success) return 'it failed, in words that nobody here understands';
  if (typeof parsed.data === 'string') return heardOf(parsed.data).failed ?? parsed.data;
  if ('content' in parsed.data) return contentOf(parsed.data.content);
  const { message, code } = parsed.data;
  return code === undefined ? message : `${message} (${code})`;
};

/** Our own server answers a failure with one text, in which the sentence lies. */
const contentOf = (content: unknown): string => {
  const parts = texts.safeParse(content);
  const text = parts.success ? parts.data.map((part) => part.text).join(' ') : JSON.stringify(content ?? '');
  return heardOf(text).failed ?? text;
};
