import { type Freshness, isFresh, type OnBreach } from '../core/freshness.ts';
import type { SourceStatus } from '../store/store.ts';
import type { Place } from './parts.ts';
import { said } from './said.ts';
import { type Channel, look } from './terminal.ts';
import { span } from './words.ts';

/** A source that is older than it promised to be, or was never read. Ages are ms. */
export type Overdue =
  | {
      readonly source: string;
      readonly what: 'permissions' | 'content';
      readonly age: number;
      readonly within: number;
      /** What that means for those who ask. */
      readonly effect: 'hidden' | 'asked' | 'labelled';
    }
  | { readonly source: string; readonly what: 'everything'; readonly effect: 'missing' | 'coming' };

/** What a broken promise means, as the configuration has it. */
export const EFFECT = { deny: 'hidden', live: 'asked', label: 'labelled' } as const satisfies Record<OnBreach, string>;

/** What it means for those who ask, as the end of a sentence. */
export const MEANING: Readonly<Record<(typeof EFFECT)[OnBreach], string>> = {
  hidden: 'what is older is hidden from everybody',
  asked: 'the source is asked before what is older is shown',
  labelled: 'what is older is labelled as not fresh',
};

/** Which of these sources are past their promise; one that has no status was never read. */
export const overdue = (
  sources: ReadonlyMap<string, Freshness>,
  statuses: readonly SourceStatus[],
  now: number,
): readonly Overdue[] =>
  [...sources].flatMap(([name, promises]): readonly Overdue[] => {
    const status = statuses.find((one) => one.name === name);
    if (!status?.lastRun) return [{ source: name, what: 'everything', effect: status?.running ? 'coming' : 'missing' }];
    const confirmed = [['permissions', status.oldestPermissions] as const, ['content', status.oldestContent] as const];
    return confirmed.flatMap(([what, at]): Overdue[] => {
      const { within, onBreach } = promises[what];
      if (at === undefined || isFresh(at, promises[what], now)) return [];
      return [{ source: name, what, age: now - at, within, effect: EFFECT[onBreach] }];
    });
  });

/** Tells the owner, and the command that mends it; `follows`: it is read again by itself. */
export const tellOverdue = (channel: Channel, overdues: readonly Overdue[], { follows = false, ...place }: Place): void => {
  for (const late of overdues) {
    const remedy = `${follows ? 'It is read now. Should that fail, run' : 'Run'}: ${said(place, 'sync', late.source)}`;
    if (late.effect === 'coming') {
      channel.line(look('yellow', `${late.source} is being read for the first time: `), 'what is not in yet is not found.');
      continue;
    }
    if (late.what === 'everything') {
      channel.line(look('yellow', `Nothing of ${late.source} was read yet. `), remedy);
      continue;
    }
    const { source, what, age, within, effect } = late;
    channel.line(
      look('yellow', `The ${what} of ${source} were last confirmed ${span(age)} ago and promised within ${span(within)}: `),
      `${MEANING[effect]}. ${remedy}`,
    );
  }
};
