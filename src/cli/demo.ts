import { join, relative, resolve } from 'node:path';

import { Command } from 'commander';

import { type AttachBlock, attachBlock } from './attach-block.ts';
import type { Context, GlobalOptions } from './context.ts';
import { ACTS } from './demo-acts.ts';
import { copyCompany, type DemoCompany } from './demo-company.ts';
import { type Act, type Claim, setStage } from './demo-stage.ts';
import type { Place } from './parts.ts';
import { type Channel, look } from './terminal.ts';
import { count, took } from './words.ts';

/** Shows on a made-up company what this is for. */
export const demoCommand = (context: Context): Command =>
  new Command('demo')
    .summary('one question, two people, two answers: start here')
    .description(
      'Reads a made-up company into a fresh index and asks as several people. Every claim is computed from the answer just ' +
        'received, and the exit code is 1 when one is untrue. It needs no configuration, no key and no network, and works on ' +
        'a copy in a temporary folder.',
    )
    .option('--keep', 'keep the copy and its index, to go on with them')
    .addHelpText('after', '\nExample:\n  castellan demo --keep')
    .action(async (_: unknown, command: Command) => {
      const { json, keep = false } = command.optsWithGlobals<GlobalOptions & { keep?: boolean }>();
      const { parts, terminal } = context;
      const began = parts.now();
      const company = await copyCompany(parts.company, parts.temporary);
      try {
        if (!json) printTitle(terminal.out);
        const acts = await play(context, company, json ? () => undefined : (act, place) => printAct(terminal.out, act, place));
        const claims = acts.flatMap((act) => act.claims);
        const place = keep ? company : placeToStay(parts.company);
        const attach = attachBlock(parts, place, company.script.forbidden.as);
        if (json) terminal.out.json({ holds: claims.every(({ holds }) => holds), acts: acts.map(actJson), attach });
        else printEnd(terminal.out, { claims, attach, place, kept: keep, ms: parts.now() - began });
        if (!claims.every(({ holds }) => holds)) context.fail();
      } finally {
        if (!keep) await company.remove();
      }
    });

/** Every act on one stage, each printed as soon as it is over. */
const play = async (
  context: Context,
  company: DemoCompany,
  print: (act: Act, place: number) => void,
): Promise<readonly Act[]> => {
  const index = await context.parts.openIndex(company);
  try {
    const desk = await context.parts.openDesk(company);
    try {
      const stage = setStage(context, { company, index, desk });
      const acts: Act[] = [];
      for (const act of ACTS) {
        context.signal.throwIfAborted();
        const played = await act(stage);
        acts.push(played);
        print(played, acts.length);
      }
      return acts;
    } finally {
      await desk.close();
    }
  } finally {
    await index.close();
  }
};

/** The made-up company as it lies in the package, with its index in the current folder: there after the demo has cleaned up. */
const placeToStay = (company: string): Place => ({ config: join(company, 'castellan.yaml'), data: resolve('.castellan') });

const actJson = ({ title, claims }: Act): object => ({ title, claims });

const printTitle = (out: Channel): void => {
  out.line();
  out.line(look('bold', 'Castellan'), '   company data for AI agents, and for each person only what they may see');
};

const printAct = (out: Channel, { title, told, claims }: Act, place: number): void => {
  out.line();
  out.line(look('cyan', String(place)), '  ', look('bold', title));
  if (told.length > 0) out.line();
  for (const line of told) out.line(...(line.length > 0 ? ['   ', ...line] : []));
  out.line();
  for (const claim of claims) printClaim(out, claim);
};

const printClaim = (out: Channel, { text, holds }: Claim): void =>
  holds ? out.line('   ', look('green', '✓'), ` ${text}`) : out.line('   ', look('red', `✗ untrue: ${text}`));

interface End {
  readonly claims: readonly Claim[];
  readonly attach: AttachBlock;
  readonly place: Place;
  readonly kept: boolean;
  readonly ms: number;
}

const printEnd = (out: Channel, { claims, attach, place, kept, ms }: End): void => {
  const untrue = claims.filter(({ holds }) => !holds).length;
  const verdict =
    untrue === 0
      ? look('green', `All ${count(claims.length, 'claim')} above were computed from real answers, and hold.`)
      : look('red', `${untrue} of ${count(claims.length, 'claim')} above did not hold.`);
  out.line();
  out.line(verdict, ` ${took(ms)}`);
  out.line();
  if (kept) {
    out.line('The copy is kept. To ask it from an MCP client, paste this into the client’s configuration:');
  } else {
    out.line('To ask this company from an MCP client, read it once:');
    out.line();
    out.line('   ', look('bold', `npx castellan sync --config ${quoted(relative('', place.config))}`));
    out.line();
    out.line('and paste this into the client’s configuration:');
  }
  out.line();
  for (const line of JSON.stringify(attach, null, 2).split('\n')) out.line(line);
};

/** A path as a shell reads it. */
const quoted = (path: string): string => (/^[\w./-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
