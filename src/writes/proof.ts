import type { AuditEvent } from '../core/audit.ts';
import { identityName } from '../core/caller.ts';
import type { Decision, Finding } from '../core/proposal.ts';
import type { Content } from './content.ts';
import type { WritesParts } from './parts.ts';

/** A target is named by its beginning: the audit keeps only a hash of what is long. */
const TARGET_MAX = 200;

type Proving = Pick<WritesParts, 'audit' | 'now' | 'requestId'>;

/** Records that a write is about to be made, or how it ended, in the name of who proposed it. Rejects with `unavailable`. */
export const proveWrite = (
  { identity, actor, client, takesBack, proposal }: Content,
  outcome: AuditEvent['outcome'],
  more: object,
  { audit, now, requestId }: Proving,
): Promise<void> =>
  audit.record({
    at: now(),
    request: requestId(),
    who: identityName(identity),
    ...(actor === undefined ? {} : { actor }),
    ...(identity.email === undefined ? {} : { email: identity.email }),
    client,
    tool: 'write',
    arguments: { ...named(proposal), ...(takesBack === undefined ? {} : { takesBack }), ...more },
    documents: [],
    outcome,
  });

/** Records somebody's word on a proposal. */
export const proveDecision = (
  { proposal }: Pick<Content, 'proposal'>,
  { yes, by, through }: Decision,
  { audit, now, requestId }: Proving,
): Promise<void> =>
  audit.record({
    at: now(),
    request: requestId(),
    who: by,
    client: through,
    tool: 'decide_write',
    arguments: named(proposal),
    documents: [],
    outcome: yes ? 'approved' : 'declined',
  });

/** Records what somebody found out, and what the source said when it was asked for them; `conflict` where somebody was faster. */
export const proveFinding = (
  { proposal }: Pick<Content, 'proposal'>,
  { written, by, through }: Finding,
  { asked, outcome = written ? 'done' : 'absent' }: { readonly asked: Asked; readonly outcome?: AuditEvent['outcome'] },
  { audit, now, requestId }: Proving,
): Promise<void> =>
  audit.record({
    at: now(),
    request: requestId(),
    who: by,
    client: through,
    tool: 'settle_write',
    arguments: { ...named(proposal), written, asked },
    documents: [],
    outcome,
  });

/** What a source said that was asked once more. */
export type Asked = 'knows' | 'uncertain' | 'no answer' | 'not configured';

/** Records that whoever a link was made for, or who has it, was shown what it is about. */
export const proveShown = (
  { proposal }: Pick<Content, 'proposal'>,
  by: string,
  { audit, now, requestId }: Proving,
): Promise<void> =>
  audit.record({
    at: now(),
    request: requestId(),
    who: by,
    client: 'page',
    tool: 'show_write',
    arguments: named(proposal),
    documents: [],
    outcome: 'answered',
  });

const named = ({ id, action, source, document, target }: Content['proposal']): object => ({
  proposal: id,
  action,
  source,
  ...(document === undefined ? {} : { document }),
  target: target.slice(0, TARGET_MAX),
});
