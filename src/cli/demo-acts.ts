import type { CallResult } from '../server/call.ts';
import { outputOf, searchAnswer, type Shown } from './answers.ts';
import { attachBlock, toolsBehind } from './attach-block.ts';
import type { Act, Stage } from './demo-stage.ts';
import { look, type Piece } from './terminal.ts';
import { count, listed, took, wrap } from './words.ts';

/** Of a passage, what fits between two breaths. */
const QUOTE = { width: 72, lines: 2 };

/** Reads the company, permissions and texts, into an empty index. */
const readCompany = async ({ context, sync }: Stage): Promise<Act> => {
  const began = context.parts.now();
  const { runs, statuses, unembedded } = await sync();
  const ms = context.parts.now() - began;
  const sources = statuses.map(({ name, documents }) => `${name} (${count(documents, 'document')})`);
  const waiting = statuses.reduce((sum, { waitingForVectors }) => sum + waitingForVectors, 0);
  const dark = statuses.reduce(
    (sum, { dark: d }) => sum + d.unknownAcl + d.orgWithoutDirectory + d.groupNeverListed + d.containerAbsent,
    0,
  );
  return {
    title: 'A made-up company is read',
    told: [
      [`Its sources are ${listed(sources)}. That took ${took(ms)}.`],
      ...(unembedded ? [[look('yellow', unembedded.message)]] : []),
    ],
    claims: [
      { text: 'Every source was read whole, without a problem', holds: runs.every(({ end }) => isClean(end)) },
      { text: 'Every text can be found by its words and by its meaning', holds: waiting === 0 && statuses.length > 0 },
      { text: `${count(dark, 'document')} whose permissions are not fully known can be seen by nobody`, holds: dark > 0 },
    ],
  };
};

/** Two people ask the same. */
const oneQuestion = async ({ company: { script }, search }: Stage): Promise<Act> => {
  const answers = await Promise.all(
    Object.entries(script.people).map(async ([who, expected]) => ({ who, expected, answer: await search(who) })),
  );
  const told = answers.flatMap(({ who, answer }) => [[], ...quoted(who, answer.results[0])]);
  const [first, second] = answers;
  return {
    title: 'One question, two people, two answers',
    told: [['“', look('bold', script.question), '”'], ...told],
    claims: [
      ...answers.map(({ who, expected, answer }) => ({
        text: `${who} is answered from ${answer.results[0]?.id ?? 'nothing'}`,
        holds: answer.results[0]?.id === expected,
      })),
      {
        text: `Nothing that ${second?.who ?? ''} was sent names ${first?.expected ?? ''}`,
        holds: first !== undefined && second !== undefined && !JSON.stringify(second.answer).includes(first.expected),
      },
    ],
  };
};

/** Two people list what is due. */
const oneList = async ({ company: { script }, ask }: Stage): Promise<Act> => {
  const { due_at: dueAt, people } = script.where;
  const lists = await Promise.all(
    Object.entries(people).map(async ([who, expected]) => {
      const answer = await ask(who, 'search', { where: [{ field: 'due_at', to: dueAt }] });
      const ids = searchAnswer.parse(outputOf(answer)).results.map(({ id }) => id);
      return { who, ids, holds: ids.join() === expected.join() };
    }),
  );
  return {
    title: 'One list, and each sees their part of it',
    told: [[`They ask for all that is due by ${dueAt}, without a word to look for:`]],
    claims: lists.map(({ who, ids, holds }) => ({ text: `${who} is given ${listed(ids) || 'nothing'}`, holds })),
  };
};

/** A forbidden document and one that never was. */
const oneRefusal = async ({ context, company, ask }: Stage): Promise<Act> => {
  const { script } = company;
  const { as: who, id } = script.forbidden;
  const forbidden = await ask(who, 'fetch', { id });
  const missing = await ask(who, 'fetch', { id: script.missing });
  const trail = await context.parts.openTrail(company);
  const [last, before] = await trail.list(2).finally(() => trail.close());
  return {
    title: 'Forbidden and missing sound the same',
    told: [
      [`${who} fetches a document that is not for them, and one that does not exist:`],
      [],
      ...[[id, forbidden] as const, [script.missing, missing] as const].flatMap(([asked, answer]) => [
        [look('cyan', `  ${asked}`)],
        [look('dim', `    ${heard(answer)}`)],
      ]),
    ],
    claims: [
      {
        text: 'The two answers are the same, byte for byte',
        holds: 'error' in forbidden && JSON.stringify(forbidden) === JSON.stringify(missing),
      },
      {
        text: `The audit tells its owner which was which: ${before?.outcome ?? '?'}, then ${last?.outcome ?? '?'}`,
        holds: before?.outcome === 'refused' && last?.outcome === 'absent',
      },
    ],
  };
};

/** Somebody leaves a group. */
const outOfTheGroup = async ({ context, company, ask, search, sync }: Stage): Promise<Act> => {
  const { person, group, member, loses, gets } = company.script.revoke;
  const before = await ask(person, 'fetch', { id: loses });
  await company.takeOut(group, member);
  const began = context.parts.now();
  await sync();
  const answer = await search(person);
  const ms = context.parts.now() - began;
  const after = await ask(person, 'fetch', { id: loses });
  return {
    title: 'Somebody leaves a group',
    told: [
      [`${member} is taken out of group:${group} in people.yaml. `, look('bold', person), ` asks again ${took(ms)} later:`],
      [],
      ...quoted(person, answer.results[0]),
    ],
    claims: [
      { text: `${person} is now answered from ${answer.results[0]?.id ?? 'nothing'}`, holds: answer.results[0]?.id === gets },
      {
        text: `Fetching ${loses} gave ${gave(before)} before, and now ${gave(after)}`,
        holds: 'output' in before && 'error' in after && !answer.results.some(({ id }) => id === loses),
      },
    ],
  };
};

/** A folder changes hands, and all below it. */
const folderMoves = async ({ company, ask, sync }: Stage): Promise<Act> => {
  const { folder, to, loses, gains } = company.script.move;
  const people = [
    ...Object.entries(loses).map(([who, ids]) => ({ who, ids, was: ids.length, is: 0 })),
    ...Object.entries(gains).map(([who, ids]) => ({ who, ids, was: 0, is: ids.length })),
  ];
  const readable = (): Promise<number[]> =>
    Promise.all(
      people.map(async ({ who, ids }) => {
        const answers = await Promise.all(ids.map((id) => ask(who, 'fetch', { id })));
        return answers.filter((answer) => 'output' in answer).length;
      }),
    );
  const before = await readable();
  const from = await company.handOver(folder, to);
  await sync();
  const after = await readable();
  return {
    title: 'A folder changes hands',
    told: [[`One line in ${folder}/.acl.yaml: allow [${from.join(', ')}] becomes allow [${to.join(', ')}].`]],
    claims: people.map(({ who, ids, was, is }, place) => ({
      text: `${who} could read ${before[place] ?? 0} of its ${ids.length} documents, and now ${after[place] ?? 0}`,
      holds: before[place] === was && after[place] === is,
    })),
  };
};

/** Every question of this demo is in the audit, and the audit holds. */
const chainHolds = async ({ context, company, asked }: Stage): Promise<Act> => {
  const trail = await context.parts.openTrail(company);
  const verified = await trail.verify().finally(() => trail.close());
  return {
    title: 'Every look was recorded before its answer left',
    told: [],
    claims: [
      {
        text: `The audit has ${count(verified.rows, 'row')} for ${count(asked(), 'question')}`,
        holds: verified.rows === asked(),
      },
      { text: `Its chain of hashes is ${verified.state}`, holds: verified.state === 'consistent' },
    ],
  };
};

/** A client starts a server of its own and asks what it offers. */
const clientAttaches = async ({ context: { parts, signal }, company }: Stage): Promise<Act> => {
  const tools = await toolsBehind(attachBlock(parts, company, company.script.forbidden.as), parts.version, signal);
  return {
    title: 'A client attaches over stdio',
    told: [],
    claims: [
      {
        text: `Started as an MCP client would start it, Castellan offers ${listed(tools) || 'nothing'}`,
        holds: tools.includes('search') && tools.includes('fetch'),
      },
    ],
  };
};

const isClean = ({ status, counts }: { status: string; counts: { problems: number } }): boolean =>
  status === 'complete' && counts.problems === 0;

const heard = (result: CallResult): string => ('error' in result ? result.error.message : 'the text');
const gave = (result: CallResult): string => ('error' in result ? result.error.code : 'the text');

/** Who was answered, from what, in whose words. */
const quoted = (who: string, hit: Shown | undefined): readonly (readonly Piece[])[] => {
  if (!hit) return [[look('cyan', who), '  nothing']];
  const lines = wrap(hit.text.replaceAll(/^#.*$|\*+/gmu, ''), QUOTE.width); // without headings and stress
  const cut = lines.length > QUOTE.lines ? ' …' : '';
  return [
    [look('cyan', `  ${who}`), '   ', look('bold', hit.title)],
    ...lines.slice(0, QUOTE.lines).map((line, place) => [look('dim', `    ${line}${place === QUOTE.lines - 1 ? cut : ''}`)]),
  ];
};

/** The demo, act by act. */
export const ACTS: readonly ((stage: Stage) => Promise<Act>)[] = [
  readCompany,
  oneQuestion,
  oneList,
  oneRefusal,
  outOfTheGroup,
  folderMoves,
  chainHolds,
  clientAttaches,
];
