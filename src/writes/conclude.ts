import { AppError } from '../core/errors.ts';
import type { Concluded, Finding } from '../core/proposal.ts';
import type { Receipt } from '../core/write.ts';
import type { ProposalRow } from '../store/proposals.ts';
import { type Content, type KeptFinding, seal } from './content.ts';
import { askSource, ended, type Held } from './make.ts';
import type { WritesParts } from './parts.ts';
import { type Asked, proveFinding, proveWrite } from './proof.ts';

/** A write of which nobody could say whether it was made. */
interface Uncertain {
  readonly id: string;
  readonly content: Content;
  /** Absent where its source is not configured any more. */
  readonly found: Pick<Held, 'source' | 'action'> | undefined;
}

/** Ends it by what somebody found out, unless its source knows by now. It is in the audit before it counts. Writes nothing. */
export const conclude = async (
  { id, content, found }: Uncertain,
  finding: Finding,
  parts: WritesParts,
  signal: AbortSignal,
): Promise<Concluded> => {
  const row = await uncertainRow(id, content, parts);
  const { by, through, written } = finding;
  const { said, asked } = await askedOnce(row, content, found, parts, signal);
  const outcome = said === undefined ? (written ? 'done' : 'absent') : said === 'absent' ? said : 'done';
  const word = said === undefined ? 'person' : 'source';
  if (said === undefined) await proveFinding(content, finding, { asked }, parts);
  else await proveWrite(content, outcome, { settledBy: by, ...(said === 'absent' ? {} : named(said)) }, parts);
  const sealing = { keys: parts.keys.sealing, random: parts.random };
  const kept: KeptFinding = { by, through, word };
  const is = await parts.proposals.conclude(id, outcome, {
    settled: seal(id, 'finding', kept, sealing),
    ...(said !== undefined && said !== 'absent' && { outcome: seal(id, 'receipt', said, sealing) }),
    at: parts.now(),
  });
  if (!is) {
    await proveFinding(content, finding, { asked, outcome: 'conflict' }, parts);
    throw new AppError('conflict', 'Somebody else has just settled this. Look at it again.');
  }
  if (outcome === 'done') await parts.hasten(content.proposal.source).catch(() => undefined); // the next run finds it all the same
  return { outcome, word };
};

/** One that nobody could be asked about ends as uncertain first. */
const uncertainRow = async (id: string, content: Content, parts: WritesParts): Promise<ProposalRow> => {
  const row = await parts.proposals.find(id);
  if (row?.state === 'committing' && (await parts.proposals.takeOver(id, false))) {
    await ended({ row, content }, 'uncertain', 'uncertain', parts);
    return uncertainRow(id, content, parts);
  }
  if (row?.state === 'uncertain') return row;
  const is = row?.state === 'committing' ? 'being made just now' : (row?.state ?? 'gone');
  throw new AppError('conflict', `Nothing is uncertain about this write: it is ${is}.`);
};

/** `said`: what the source knows by now, if it does. */
const askedOnce = async (
  row: ProposalRow,
  content: Content,
  found: Uncertain['found'],
  parts: WritesParts,
  signal: AbortSignal,
): Promise<{ readonly said?: Receipt | 'absent'; readonly asked: Asked }> => {
  if (!found) return { asked: 'not configured' };
  try {
    const said = await askSource({ row, content, ...found, at: row.takenAt }, parts, signal);
    return said === 'uncertain' ? { asked: said } : { said, asked: 'knows' };
  } catch {
    signal.throwIfAborted();
    return { asked: 'no answer' };
  }
};

const named = ({ key, before, after }: Receipt): object => ({ key, before, after });
