import type { Evident, EvidentAcl, EvidentAccount, EvidentStep } from '../access/explain.ts';
import type { Provenance } from '../store/reader.ts';
import { asOfJson } from './as-of.ts';
import type { AccessReport } from './parts.ts';

/** A report as it is printed for machines: instants are ISO 8601, what is not there is absent. */
export const explainJson = (report: AccessReport): object => {
  const {
    who,
    email,
    id,
    client,
    also,
    verdict,
    shut,
    activity,
    accounts,
    acl,
    containers,
    cut,
    title,
    asOf,
    answer,
    asksSource,
  } = report;
  return {
    who,
    ...(email === undefined ? {} : { email }),
    id,
    ...(client === undefined ? {} : { client }),
    also,
    verdict,
    ...(asksSource ? { asks_source: asksSource } : {}),
    shut,
    ...(title === undefined ? {} : { title }),
    explain_access: answer ?? null,
    directory: activity ?? null,
    accounts: accounts.map(accountJson),
    acl: acl ? aclJson(acl) : null,
    containers: containers.map(({ key, confirmedAt, tooDeep, ...of }) => ({
      key,
      ...at('permissions_synced_at', confirmedAt),
      ...(tooDeep ? { too_deep: true } : {}),
      ...aclJson(of),
    })),
    partial: cut,
    ...asOfJson(asOf),
  };
};

const aclJson = ({ is, at: decided, unknown, since, terms }: EvidentAcl): object => ({
  holds: is,
  ...(unknown === undefined ? {} : { unknown }),
  ...at('decided_by_facts_of', decided),
  ...sinceJson(since),
  terms: terms.map((term) => ({
    from: term.from,
    holds: term.is,
    ...(term.allow ? { allow: evidentJson(term.allow) } : {}),
    allows: term.allows.map(evidentJson),
    denies: term.denies.map(evidentJson),
  })),
});

const evidentJson = ({ principal, is, at: of, through, doubt }: Evident): object => ({
  principal,
  is,
  ...at('at', of),
  ...(doubt === undefined ? {} : { doubt }),
  through: through.map(stepJson),
});

const stepJson = ({ principal, at: of, since }: EvidentStep): object => ({ principal, ...at('at', of), ...sinceJson(since) });

const accountJson = ({
  source,
  id,
  kind,
  active,
  fresh,
  linked,
  former,
  presumed,
  at: of,
  since,
  linkedSince,
}: EvidentAccount): object => ({
  source,
  id,
  kind,
  active,
  fresh,
  link: presumed ? 'when they ask' : linked ? 'made' : former ? 'ended' : 'none',
  ...at('at', of),
  ...sinceJson(since),
  ...(linkedSince ? { linked_since: provenanceJson(linkedSince) } : {}),
});

const sinceJson = (since: Provenance | undefined): object => (since ? { since: provenanceJson(since) } : {});

const provenanceJson = ({ version, at: of, run }: Provenance): object => ({
  version,
  at: new Date(of).toISOString(),
  ...(run ? { run: run.id, run_started_at: new Date(run.startedAt).toISOString(), run_status: run.status ?? null } : {}),
});

const at = (name: string, ms: number | undefined): object =>
  ms === undefined || !Number.isFinite(ms) ? {} : { [name]: new Date(ms).toISOString() };
