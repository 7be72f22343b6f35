import { Command, InvalidArgumentError } from 'commander';

import type { Audience, Viewer } from '../access/who-can.ts';
import { AppError } from '../core/errors.ts';
import { asOfJson, asOfTold } from './as-of.ts';
import type { Context, GlobalOptions } from './context.ts';
import { instantOf } from './instant.ts';
import type { AsOfTime } from './parts.ts';
import { type Channel, look } from './terminal.ts';
import { aligned, count, listed } from './words.ts';

/** People of each kind that are named when nobody says how many, and at most. */
const LIMIT = 100;
const LIMIT_MAX = 100_000;

/** Says to the owner of the data folder who can see a document. */
export const whoCanCommand = ({ parts, terminal, signal }: Context): Command =>
  new Command('who-can')
    .summary('who can see a document')
    .description(
      'Decides for everybody who is known, as when they ask, whether they can see a document, and says by what. Names of people and ' +
        'ids only, no title and no text. The audit names you.',
    )
    .argument('<id>', 'the document, as search gives it')
    .option('--limit <number>', `how many are named, at most ${LIMIT_MAX}; all are counted`, limitOf, LIMIT)
    .option('--at <time>', 'as of then: 2026-03-01, 2026-03-01T12:00:00Z, or 3d')
    .option('--reason <text>', 'why you look, for the audit')
    .addHelpText('after', '\nExample:\n  castellan who-can handbook:engineering/oncall.md')
    .action(async (id: string, _: unknown, command: Command) => {
      const { config, data, json, limit, at, reason } = command.optsWithGlobals<GlobalOptions & WhoCanOptions>();
      const examiner = await parts.openExaminer({ config, data });
      try {
        const audience = await examiner.whoCan({
          id,
          limit,
          ...(at === undefined ? {} : { at: instantOf(at, '--at', parts.now()) }),
          signal,
          onProgress: showProgress(terminal.err),
          ...(reason === undefined ? {} : { reason }),
        });
        terminal.err.status(undefined);
        if (!audience) throw new AppError('not_found', noDocument(id, at));
        if (json) terminal.out.json(audienceJson(id, audience));
        else printAudience(terminal.out, audience);
      } finally {
        terminal.err.status(undefined);
        await examiner.close();
      }
    });

const showProgress =
  (err: Channel) =>
  (done: number, of: number): void =>
    err.status([look('dim', `${done} of ${count(of, 'person', 'people')} looked at`)]);

interface WhoCanOptions {
  readonly at?: string;
  readonly limit: number;
  readonly reason?: string;
}

const limitOf = (text: string): number => {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new InvalidArgumentError(`Give a whole number from 1 to ${LIMIT_MAX}.`);
};

const noDocument = (id: string, at: string | undefined): string =>
  at === undefined
    ? `There is no document ${JSON.stringify(id)}. Ids come from: castellan search`
    : `There was no document ${JSON.stringify(id)} then. Ask about another time, or leave out --at.`;

const audienceJson = (id: string, audience: Audience & { readonly asOf?: AsOfTime }): object => ({
  id,
  can: audience.can.map(viewerJson),
  can_count: audience.canCount,
  undecided: audience.undecided.map(viewerJson),
  undecided_count: audience.undecidedCount,
  looked_at: audience.asked,
  shut: audience.shut,
  ...(audience.asksSource ? { asks_source: true } : {}),
  public: audience.public,
  anybody_else: audience.anybodyElse,
  version: audience.basis.version,
  ...asOfJson(audience.asOf),
});

const viewerJson = ({ who, kind, way }: Viewer): object => ({ who, kind, way });

const printAudience = (out: Channel, audience: Audience & { readonly asOf?: AsOfTime }): void => {
  const { can, canCount, undecided, undecidedCount, asked, anybodyElse } = audience;
  out.line(
    look('bold', `${count(canCount, 'of them', 'of them')} can see it`),
    ` (${count(asked, 'person', 'people')} and services known)`,
  );
  if (audience.asOf) out.line(look('dim', asOfTold(audience.asOf)));
  for (const why of audience.shut) out.line(look('red', `  shut: ${why}`));
  if (audience.asksSource)
    out.line(look('yellow', '  once its source was asked, which may refuse: what is stored is past its promise'));
  printViewers(out, can, canCount);
  if (audience.public) out.line(look('yellow', '  and everybody else who is identified: it is public'));
  const domains = anybodyElse.flatMap(({ domain, can: may }) => (may ? [domain] : []));
  if (domains.length > 0 && !audience.public) {
    out.line(look('yellow', `  and everybody else with a verified e-mail of ${listed(domains)}`));
  }
  if (undecidedCount === 0) return;
  out.line(look('bold', `${count(undecidedCount, 'more', 'more')} cannot, for want of knowledge`));
  printViewers(out, undecided, undecidedCount);
};

const printViewers = (out: Channel, viewers: readonly Viewer[], whole: number): void => {
  for (const [who = '', way = ''] of aligned(viewers.map(({ who, way }) => [who, way])))
    out.line(`  ${who}   `, look('dim', way.trimEnd()));
  if (whole > viewers.length) out.line(look('dim', `  … and ${count(whole - viewers.length, 'more', 'more')}: --limit ${whole}`));
};
