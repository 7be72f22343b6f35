import type { Freshness } from './freshness.ts';
import type { Policies } from './policy.ts';
import type { Service } from './service.ts';

/** The rules a visibility is decided by, besides what is stored: they come from the configuration. */
export interface Rules {
  readonly ownedDomains: readonly string[];
  /** The configured sources. What is stored of any other is invisible. */
  readonly sources: ReadonlyMap<string, Freshness>;
  /** The one source that brings people, groups and who is active; where there is none, `org:` is undecided for everybody. */
  readonly directory?: string;
  /** Callers without a person, by the name of their identity (`issuer|subject`). */
  readonly services?: ReadonlyMap<string, Service>;
  /** What clients may carry; absent means that nothing is narrowed. */
  readonly policies?: Policies;
}
