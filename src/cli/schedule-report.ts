import { dueAt, KINDS, type Schedule } from '../core/schedule.ts';
import type { SourceStatus } from '../store/store.ts';
import { instantJson } from './instant-json.ts';
import { type Channel, look } from './terminal.ts';
import { span } from './words.ts';

/** When each kind was last brought and when it is due again, and until when the source asked for quiet. */
export const scheduleJson = (status: SourceStatus, schedule: Schedule): object => ({
  schedule: Object.fromEntries(
    KINDS.map((kind) => {
      const last = status.whole[kind];
      return [
        kind,
        { brought_at: instantJson(last), due_at: instantJson(last === undefined ? undefined : last + schedule[kind]) },
      ];
    }),
  ),
  retry_at: instantJson(status.retryAt),
});

/** The same for a person, in a line or two. */
export const printSchedule = (channel: Channel, { whole, retryAt }: SourceStatus, schedule: Schedule, now: number): void => {
  const told = KINDS.flatMap((kind) => {
    const last = whole[kind];
    if (last === undefined) return [];
    const due = dueAt(last, schedule[kind], now);
    return [`${kind} ${span(Math.max(0, now - last))} ago, ${due > now ? `due in ${span(due - now)}` : 'due now'}`];
  });
  if (told.length > 0) channel.line(look('dim', '  brought  '), told.join('   '));
  if (retryAt === undefined || retryAt <= now) return;
  channel.line(look('yellow', '  quiet    '), `it asked not to be asked again for ${span(retryAt - now)}`);
};
