import type { Answer, AskedOf, Citation, Told, Wrote } from '../openai/told.ts';
import { fitting } from './cells.ts';
import { type Channel, look, type Terminal } from './terminal.ts';
import { addressOf, count, day, listed } from './words.ts';

/** Of what a tool was asked, what fits beside its name. */
const INPUT_MAX = 80;

/** A call as it ended. */
type Called = Extract<Told, { kind: 'called' }>;

/** All that was told. */
export interface AllTold {
  readonly answer: Answer;
  readonly calls: readonly Called[];
}

/** Listens to the end, and says nothing. */
export const told = async (telling: AsyncIterable<Told>): Promise<AllTold> => listen(telling, () => undefined);

/** Tells a person what happens as it does: the answer on stdout, what it rests on while it is looked up on stderr. */
export const tellAnswer = async (telling: AsyncIterable<Told>, { out, err }: Terminal): Promise<AllTold> => {
  const lines = createLines(out);
  const all = await listen(telling, (one) => {
    if (one.kind === 'text') return lines.add(one.text);
    lines.hide();
    if (one.kind === 'tools') return tellTools(err, one);
    if (one.kind === 'calling') return err.status([look('cyan', one.tool), `  ${inputOf(one)}`]);
    if (one.kind === 'called') return tellCall(err, one);
    return lines.end();
  });
  const { text, incomplete, citations, given } = all.answer;
  if (citations.length > 0) out.line();
  for (const citation of citations) tellCitation(out, citation);
  if (citations.length === 0 && given.length > 0)
    err.line(look('yellow', `The answer names none of the ${count(given.length, 'document')} that the model was given.`));
  if (incomplete) {
    if (text !== '' && !incomplete.message.startsWith('The answer is incomplete'))
      err.line(look('red', 'The answer is incomplete.'));
    err.line(look('red', incomplete.message));
  }
  return all;
};

/** The same for a program. */
export const toldJson = ({ answer, calls }: AllTold): object => ({
  answer: answer.text,
  complete: answer.incomplete === undefined,
  ...(answer.incomplete && { error: { code: answer.incomplete.code, message: answer.incomplete.message } }),
  citations: answer.citations.map(({ number, id, title, url, updatedAt, fresh }) => ({
    number,
    id,
    title,
    url,
    ...(updatedAt === undefined ? {} : { updated_at: updatedAt }),
    ...(fresh === undefined ? {} : { fresh }),
  })),
  calls: calls.map(({ tool, input, documents, wrote, failed }) => ({
    tool,
    input,
    documents: documents.map(({ id }) => id),
    not_fresh: documents.filter(({ fresh }) => fresh === false).length,
    ...(wrote && { wrote }),
    ...(failed === undefined ? {} : { failed }),
  })),
  model: answer.model,
  ...(answer.responseId === undefined ? {} : { response_id: answer.responseId }),
});

const listen = async (telling: AsyncIterable<Told>, hear: (one: Told) => void): Promise<AllTold> => {
  const calls: Called[] = [];
  for await (const one of telling) {
    hear(one);
    if (one.kind === 'called') calls.push(one);
    if (one.kind === 'ended') return { answer: one.answer, calls };
  }
  throw new Error('an answer did not end');
};

const tellTools = (err: Channel, { gone, added }: Extract<Told, { kind: 'tools' }>): void => {
  if (gone.length + added.length === 0) return;
  const changes = [...gone.map((name) => `${name} is gone`), ...added.map((name) => `${name} is new`)];
  err.line(
    look('yellow', `The server’s tools changed since the last turn: ${listed(changes)}. `),
    'If the answer misses something, ask anew without --continue.',
  );
};

const tellCall = (err: Channel, call: Called): void => {
  const { tool, documents, wrote, failed } = call;
  if (wrote) return tellWrite(err, tool, wrote);
  const stale = documents.filter(({ fresh }) => fresh === false).length;
  const freshness = stale === 0 ? 'all fresh' : `${stale} not fresh`;
  const outcome = documents.length === 0 ? 'no documents' : `${count(documents.length, 'document')}, ${freshness}`;
  err.line(
    look('cyan', tool),
    `  ${inputOf(call)}   `,
    failed === undefined ? look(stale === 0 ? 'dim' : 'yellow', outcome) : look('red', `failed: ${failed}`),
  );
};

/** As the tool says it, whatever the model says. */
const tellWrite = (err: Channel, tool: string, { outcome, proposal, id = '', url, undo }: Wrote): void => {
  const where = url === undefined || url === id ? '' : `   ${url}`;
  const became = outcome === 'done' ? look('green', `written   ${id}${where}`) : look('yellow', `${outcome}: ${proposal}`);
  err.line(look('cyan', tool), '  ', became);
  if (undo !== undefined) err.line(look('dim', `To take it back: ${undo}`));
};

const inputOf = ({ input }: AskedOf): string => {
  const words = typeof input === 'object' && input !== null ? Object.values(input) : [input];
  const text = words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join('  ');
  return text.length > INPUT_MAX ? `${text.slice(0, INPUT_MAX)}…` : text;
};

const tellCitation = (out: Channel, { number, id, title, url, updatedAt, fresh }: Citation): void => {
  out.line(look('cyan', `[${number}]`), ' ', look('bold', title));
  out.line(
    `    ${id}`,
    look('dim', addressOf(id, url)),
    look('dim', updatedAt === undefined ? '' : `   changed ${day(updatedAt)}`),
    fresh === false ? look('yellow', '   not fresh') : '',
  );
};

/** A text that grows, in lines. On a terminal the last one is shown while it is written. */
const createLines = (out: Channel) => {
  let last = '';
  const widest = (): number => (out.columns ?? Infinity) - 1;
  return {
    add: (text: string): void => {
      const [first = '', ...more] = `${last}${text}`.split('\n');
      last = [first, ...more].at(-1) ?? '';
      for (const line of [first, ...more].slice(0, -1)) out.line(line);
      for (let fits = fitting(last, widest()); fits < last.length; fits = fitting(last, widest())) {
        const at = last.lastIndexOf(' ', fits);
        const cut = at > 0 ? at : fits || last.length; // what fits into no line is not cut
        out.line(last.slice(0, cut));
        last = last.slice(at > 0 ? cut + 1 : cut);
      }
      out.status([last]);
    },
    hide: (): void => out.status(undefined),
    end: (): void => {
      if (last !== '') out.line(last);
      last = '';
    },
  };
};
