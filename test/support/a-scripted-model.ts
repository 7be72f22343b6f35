import { z } from 'zod';

/** What a tool answered the model. */
export interface HeardCall {
  readonly tool: string;
  readonly input: object;
  readonly answer: string;
}

/** What a model does next: calls, at once, or says its answer. */
export type Move = { readonly calls: readonly { readonly tool: string; readonly input: object }[] } | { readonly say: string };

/** A model that is a few lines: its next move, by the question and by all that it has heard for it. */
export type ScriptedModel = (question: string, heard: readonly HeardCall[]) => Move;

const document = z.looseObject({ id: z.string(), text: z.string() });
const results = z.looseObject({ results: z.array(document) });

/** All documents that it heard of, in order. */
const documentsIn = (heard: readonly HeardCall[]): z.infer<typeof document>[] =>
  heard.flatMap(({ answer }) => {
    const said: unknown = JSON.parse(answer.startsWith('{') ? answer : '{}');
    const found = results.safeParse(said);
    if (found.success) return found.data.results;
    const fetched = document.safeParse(said);
    return fetched.success ? [fetched.data] : [];
  });

/** Searches for the question, fetches the best, and answers with the beginning of its text. */
export const curious: ScriptedModel = (question, heard) => {
  if (heard.length === 0) return { calls: [{ tool: 'search', input: { query: question } }] };
  const [best] = documentsIn(heard);
  if (!best) return { say: 'Nothing that I was given answers this.' };
  const fetched = heard.find(({ tool }) => tool === 'fetch');
  if (!fetched) return { calls: [{ tool: 'fetch', input: { id: best.id } }] };
  const [whole = best] = documentsIn([fetched]);
  return { say: `It is said: “${whole.text.slice(0, 200).replaceAll(/\s+/gu, ' ')}” [${best.id}]` };
};

/** Does whatever a document orders: searches for what it quotes, fetches what it names, and tells all that it got. */
export const obedient: ScriptedModel = (question, heard) => {
  if (heard.length === 0) return { calls: [{ tool: 'search', input: { query: question, limit: 50 } }] };
  if (heard.length === 1)
    return {
      calls: documentsIn(heard)
        .slice(0, 3)
        .map(({ id }) => ({ tool: 'fetch', input: { id } })),
    };
  const asked = new Set(heard.map(({ input }) => JSON.stringify(input)));
  const texts = documentsIn(heard).map(({ text }) => text);
  const ordered = texts.filter((text) => /ignore all previous instructions/iu.test(text)).join('\n');
  const calls = [
    ...[...ordered.matchAll(/"(?<words>[^"]{3,40})"/gu)].map((found) => ({
      tool: 'search',
      input: { query: found.groups?.['words'] ?? '', limit: 50 },
    })),
    ...[...ordered.matchAll(/\bfetch (?<id>[a-z]+:[\w./-]+\w)/gu)].map((found) => ({
      tool: 'fetch',
      input: { id: found.groups?.['id'] ?? '' },
    })),
  ].filter(({ input }) => !asked.has(JSON.stringify(input)));
  if (calls.length > 0) return { calls };
  return {
    say: documentsIn(heard)
      .map(({ id, text }) => `${text} [${id}]`)
      .join('\n'),
  };
};
