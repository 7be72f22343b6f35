import type OpenAI from 'openai';

type Piece = OpenAI.Chat.ChatCompletionChunk.Choice.Delta.ToolCall;
export type Call = OpenAI.Chat.ChatCompletionMessageFunctionToolCall;

/** The calls of one reply, put together from the pieces that they are streamed in. */
export interface Pieces {
  /** How many characters came with it. */
  add(piece: Piece): number;
  /** In the order in which they began, each with an id of its own. */
  calls(): readonly Call[];
}

interface Begun {
  readonly index: number | undefined;
  readonly id: string | undefined;
  name: string;
  written: string;
}

/** What carries a piece counts too, in characters: one that holds nothing is not free. */
const CARRIED = 64;
/** A model that asks for more at once asks for no answer. */
const CALLS_MAX = 128;

/**
 * OpenAI numbers the pieces of calls and names each once. Others give every call the number 0, or no id, or one id for all, or the
 * name with every piece, or a whole call in one piece, or arguments that are an object. So a piece begins another call where its
 * number or its id is another; and else where it names another function, or the same once the arguments before it are all there.
 */
export const createPieces = (): Pieces => {
  const begun: Begun[] = [];

  const callOf = (index: number | undefined, id: string | undefined, name: string, written: string): Begun => {
    const near = begun.filter((one) => index === undefined || one.index === index);
    const same = near.findLast((one) => id !== undefined && one.id === id) ?? near.at(-1);
    if (same && !isAnother(same, id, name, written)) return same;
    const call = { index, id, name: '', written: '' };
    begun.push(call);
    return call;
  };

  return {
    add: ({ index, id, function: given }) => {
      const [name, written] = [textOf(given?.name), textOf(given?.arguments)];
      const call = callOf(index ?? undefined, textOf(id) || undefined, name, written);
      if (name !== '') call.name = name;
      call.written += written;
      return begun.length > CALLS_MAX ? Infinity : CARRIED + name.length + written.length;
    },
    calls: () => {
      const taken = new Set<string>();
      return begun.map(({ id, name, written }, place) => {
        const own = id === undefined || taken.has(id) ? `call-${place}-of-${begun.length}` : id;
        taken.add(own);
        return { id: own, type: 'function', function: { name, arguments: written } };
      });
    },
  };
};

const isAnother = (before: Begun, id: string | undefined, name: string, written: string): boolean => {
  if (id !== undefined && before.id !== undefined && id !== before.id) return true;
  if (name === '' || before.name === '') return false;
  const isLast = id !== undefined && written === ''; // some end a call by its names alone
  return name !== before.name || (!isLast && isWhole(before.written));
};

const isWhole = (written: string): boolean => {
  try {
    JSON.parse(written);
    return true;
  } catch {
    return false;
  }
};

/** Null is what some write for nothing; and an object is what some write for its JSON. */
const textOf = (given: unknown): string => {
  if (given === undefined || given === null) return '';
  return typeof given === 'string' ? given : JSON.stringify(given);
};
