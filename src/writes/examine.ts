import { type Acl, aclSchema, canonical } from '../core/acl.ts';
import { type AuditedDocument, auditedDocument } from '../core/audit.ts';
import { type Caller, identityName } from '../core/caller.ts';
import { type Account, documentId } from '../core/document.ts';
import { AppError } from '../core/errors.ts';
import { type WritePolicy, strictest, writePolicy } from '../core/policy.ts';
import type { Exposed, Needs } from '../core/proposal.ts';
import type { Basis, Missing, ReadView } from '../core/view.ts';
import type { Preview, WriteAction } from '../core/write.ts';
import { readerName } from '../store/reader-name.ts';
import { aimOf, runFor, within } from './ask-source.ts';
import { DEADLINES, type WritableSource, type WritesParts } from './parts.ts';

/** What somebody wants to write, and through what they see. */
export interface Wanted {
  readonly caller: Caller;
  readonly view: ReadView;
  readonly source: WritableSource;
  readonly action: WriteAction;
  readonly key?: string | undefined;
  readonly input: unknown;
  /** The action whose write it takes back: its target may be too new to be in the index. */
  readonly takesBack?: string | undefined;
}

/** What a write would be, by what the index and the source say now, and what it takes. */
export interface Examined {
  readonly as: Account;
  readonly preview: Preview & { readonly audience: Acl };
  readonly exposed: readonly Exposed[];
  readonly needs: Needs;
  readonly documents: readonly AuditedDocument[];
  readonly basis: Basis;
}

/** What was shown longer ago counts no more, in ms. */
const EXPOSED_MS = 24 * 60 * 60_000;
/** Larger ones are not read by whoever decides. */
const PREVIEW_MAX = 4_000_000;

/**
 * Looks at everything a write rests on, as it is now: that the caller sees the target, what policy says, as whom they write, the
 * source's own right, what would change, who may read that. Used before a proposal and again before its commit.
 */
export const examine = async (
  wanted: Wanted,
  parts: WritesParts,
  signal: AbortSignal,
): Promise<Examined | { readonly missing: Missing; readonly basis: Basis }> => {
  const { caller, source, action, key } = wanted;
  const seen = await see(wanted, signal);
  if ('missing' in seen) return seen;
  const policy = policyOf(wanted, parts);
  if (policy === 'forbid') throw new AppError('forbidden', `${action.name} is not allowed here. list_sources shows what is.`);
  const as = accountOf(await parts.footing(caller, { source: source.name }, signal), source);
  const refused = { missing: 'refused', basis: seen.basis } as const;
  const preview = await askPreview(wanted, as, parts, signal);
  if (!preview) {
    if (action.on === 'source') throw noRight(action);
    return { missing: 'absent', basis: seen.basis };
  }
  const audience = understood(preview.audience);
  const shown = await shownTo(caller, parts);
  const asked = { source: source.name, audience, shown: shown.map(({ id }) => id) };
  const footing = await parts.footing(caller, asked, signal);
  if (accountOf(footing, source).id !== as.id) throw new AppError('conflict', 'Your account there has just changed. Try again.');
  if (!footing.reads) {
    if (action.on === 'source') throw noRight(action);
    return refused;
  }
  const own = key === undefined ? undefined : documentId(source.name, key);
  const wider = new Set(footing.wider);
  const exposed = shown.filter(({ id }) => wider.has(id) && id !== own);
  return {
    as,
    preview: { ...preview, audience },
    exposed,
    needs: exposed.length > 0 ? 'approve' : policy,
    documents: seen.documents,
    basis: seen.basis,
  };
};

/** What it takes by the configuration alone. */
export const policyOf = (
  { action, takesBack, source, caller }: Pick<Wanted, 'action' | 'takesBack' | 'source' | 'caller'>,
  { rules, clientPolicy }: Pick<WritesParts, 'rules' | 'clientPolicy'>,
): WritePolicy =>
  strictest(
    writePolicy(
      { action: action.name, source: source.name, ...(takesBack === undefined ? {} : { takesBack }) },
      clientPolicy(caller.client),
      rules,
    ),
  );

interface Seen {
  readonly documents: readonly AuditedDocument[];
  readonly basis: Basis;
}

/** The caller sees what they write on: else they hear what they would of a target that is not there. */
const see = async (
  { view, source, action, key, takesBack }: Wanted,
  signal: AbortSignal,
): Promise<Seen | { readonly missing: Missing; readonly basis: Basis }> => {
  if (action.on === 'source' || key === undefined) {
    const { sources, basis } = await view.sources(signal);
    return sources.some(({ name }) => name === source.name) ? { documents: [], basis } : { missing: 'refused', basis };
  }
  const { found, basis } = await view.fetch(documentId(source.name, key), signal);
  if (typeof found !== 'string') return { documents: [auditedDocument(found.document)], basis };
  // What they have written themselves may not have been read yet; what may be read by others alone has.
  return takesBack !== undefined && found === 'absent' ? { documents: [], basis } : { missing: found, basis };
};

const accountOf = ({ account }: { readonly account: Account | 'none' | 'several' }, { name }: WritableSource): Account => {
  if (typeof account !== 'string') return account;
  const why = account === 'none' ? 'no active account there is linked to you' : 'several accounts there are linked to you';
  throw new AppError(
    'forbidden',
    `Nothing can be written in ${name} in your name: ${why}. Ask whoever runs Castellan to settle that: castellan identity`,
  );
};

/** One sentence, whether the place is not there, not theirs to write, or not theirs to read. */
const noRight = ({ name }: WriteAction): AppError =>
  new AppError('forbidden', `${name}: the place is not there, or the source does not let you write in it.`);

/** Undefined where the source says that the target is gone. */
const askPreview = async (
  { source, action, key, input }: Wanted,
  as: Account,
  { now, deadlines: { ask } = DEADLINES }: WritesParts,
  signal: AbortSignal,
): Promise<Preview | undefined> => {
  const aim = aimOf(action, key, input);
  const may = await within(ask, signal, (inTime) =>
    action.mayWrite(aim, runFor(source, action, { now, signal: inTime, writing: false }), as),
  );
  if (!may) throw noRight(action);
  try {
    const preview = await within(ask, signal, (inTime) =>
      action.preview(aim, runFor(source, action, { now, signal: inTime, writing: false }), as),
    );
    if (JSON.stringify(preview).length > PREVIEW_MAX)
      throw new AppError('too_large', 'This is too much to be shown. Write less.');
    return preview;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return undefined;
    throw error;
  }
};

const understood = (given: Acl): Acl => {
  const parsed = aclSchema.safeParse(given);
  return parsed.success ? canonical(parsed.data) : { unknown: 'What its source says of its readers cannot be understood.' };
};

/** The documents somebody was shown in a day, through any client, the last first. */
const shownTo = async ({ identity }: Caller, { proposals, keys, now }: WritesParts): Promise<readonly Exposed[]> => {
  const names = keys.naming.map((key) => readerName(identityName(identity), key));
  const latest = new Map<string, number>();
  for (const { id, at } of await proposals.readings(names, now() - EXPOSED_MS)) latest.set(id, Math.max(at, latest.get(id) ?? 0));
  return [...latest].map(([id, at]) => ({ id, at })).toSorted((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1));
};
