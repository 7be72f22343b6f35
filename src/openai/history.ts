import type OpenAI from 'openai';

type Message = OpenAI.Chat.ChatCompletionMessageParam;

/** A question and its answer, of a conversation that goes on. What tools gave for it is looked up again where it is needed. */
export interface Turn {
  readonly question: string;
  readonly answer: string;
}

/** In characters of JSON, about 100,000 tokens: most models hold that much, and leave room for the answer. */
export const CONTEXT_MAX = 400_000;

/** Stands in place of what a tool gave. */
export const DROPPED = 'Left out, to make room. Call the tool again if this is needed.';

/** Turns as the messages they were. */
export const messagesOf = (turns: readonly Turn[]): Message[] =>
  turns.flatMap(({ question, answer }): Message[] => [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ]);

/**
 * What of a conversation is sent, where it is longer than `most`: instructions and the question always; earlier turns leave first,
 * the oldest before all, then what tools gave, the oldest first. `earlier` is how many messages behind the instructions are of
 * earlier turns.
 */
export const fitted = (messages: readonly Message[], earlier: number, most: number): Message[] => {
  const kept = [...messages];
  let over = sizeOf(kept) - most;
  for (let left = earlier; left > 0 && over > 0; left -= 2) over -= sizeOf(kept.splice(1, 2));
  for (const [place, message] of kept.entries()) {
    if (over <= 0) break;
    if (message.role !== 'tool' || place === kept.length - 1) continue; // the newest is what the model waits for
    const short: Message = { ...message, content: DROPPED };
    over -= sizeOf([message]) - sizeOf([short]);
    kept[place] = short;
  }
  return kept;
};

const sizeOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0);
