import type { Citation, Given } from './told.ts';

/** A longer bracket is none around an id. */
const BRACKET_MAX = 2_100;

/** Turns the ids that an answer names into numbers, while it is written. */
export interface Citer {
  /** Only what was given can be cited: an id that the model made up stays as it is. */
  given(documents: readonly Given[]): void;
  /** A piece of the answer as it is shown; what may be the beginning of a citation waits for its end. */
  text(piece: string): string;
  /** What still waits, when no more comes. */
  rest(): string;
  citations(): readonly Citation[];
  /** All that was given, once each. */
  all(): readonly Given[];
}

/** Whether an address stands in a text as a whole, and not as the beginning of another: `…/issues/1` of `…/issues/12`. */
const names = (text: string, url: string): boolean => {
  for (let at = text.indexOf(url); at >= 0; at = text.indexOf(url, at + 1))
    if (!GOES_ON.test(text.slice(at + url.length, at + url.length + 2))) return true;
  return false;
};

/** What goes on with an address; a mark behind which nothing stands ends a sentence. */
const GOES_ON = /^(?:[\w~%=&?+-]|[/.:,;@!$'*][\w~%=&?+-])/u;

/** For one answer. */
export const createCiter = (): Citer => {
  const known = new Map<string, Given>();
  const numbers = new Map<string, number>();
  let held = '';
  let whole = '';

  const numberOf = (id: string): number => {
    const number = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, number);
    return number;
  };
  const numbered = (text: string): string =>
    text.replaceAll(/\[(?<inner>[^[\]\n]+)\]/gu, (bracket, inner: string) => {
      const ids = known.has(inner.trim()) ? [inner.trim()] : inner.split(/[,;]/u).map((id) => id.trim());
      return ids.every((id) => known.has(id)) ? ids.map((id) => `[${numberOf(id)}]`).join('') : bracket;
    });
  /** An address in the text cites its document too. */
  const linked = (): void => {
    for (const { id, url } of known.values()) if (/^https?:/u.test(url) && names(whole, url)) numberOf(id);
  };
  const shown = (text: string): string => {
    const out = numbered(text);
    whole += out;
    return out;
  };

  return {
    given: (documents) => {
      for (const one of documents) known.set(one.id, one);
    },
    text: (piece) => {
      const text = held + piece;
      const open = text.lastIndexOf('[');
      const waits = open >= 0 && !/[\]\n]/u.test(text.slice(open)) && text.length - open <= BRACKET_MAX;
      held = waits ? text.slice(open) : '';
      return shown(waits ? text.slice(0, open) : text);
    },
    rest: () => {
      const text = held;
      held = '';
      return shown(text);
    },
    citations: () => {
      linked();
      return [...numbers].flatMap(([id, number]) => {
        const document = known.get(id);
        return document ? [{ ...document, number }] : [];
      });
    },
    all: () => [...known.values()],
  };
};
