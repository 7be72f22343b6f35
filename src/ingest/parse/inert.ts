import { cutBefore } from '../../core/cut.ts';
import { type Mode, withoutForeignAddresses } from './addresses.ts';
import { withoutHidden } from './hidden.ts';
import type { Marked } from './marked.ts';
import { withoutMarkup, withoutTagOpenings } from './markup.ts';

/** A text that shows all it says and loads, runs and links to nothing outside the given hosts. */
export const inert = (text: string, hosts: ReadonlySet<string>, mode: Mode = 'prose'): Marked =>
  inertVisible(withoutHidden(text), hosts, mode);

/** The same, where hidden characters were already taken out. */
export const inertVisible = (visible: Marked, hosts: ReadonlySet<string>, mode: Mode): Marked => {
  const plain = mode === 'code' ? visible : withoutMarkup(visible, hosts);
  // Tags last: what was taken out before may have stood between a bracket and its name.
  return withoutTagOpenings(withoutForeignAddresses(plain, hosts, mode));
};

/** A title or heading: inert, on one line, and of bounded length. */
export const inertLine = (text: string, hosts: ReadonlySet<string>, max: number): string =>
  cut(
    inert(cut(text, 4 * max), hosts)
      .text.trim()
      .replace(/\s+/gu, ' '),
    max,
  ).trimEnd();

const cut = (text: string, max: number): string => text.slice(0, cutBefore(text, max));
