import { STEP_KINDS } from './steps.ts';

/** The rules of the model. With one of them taken away, an answer that differs was decided by it. */
export const RULES = [
  'deny',
  'undecided',
  'second term',
  'unknown acl',
  'audience',
  'audience chain > 3',
  'audience chain > 64',
  'cycle of containers',
  'own grant in a cycle',
  'nested group',
  'group chain > 3',
  'cycle of groups',
  'group never listed',
  'empty group',
  'group of another source',
  'guest',
  'unlinked',
  'deactivated',
  'reused e-mail',
  'ambiguous e-mail',
  'stale permissions',
  'stale content',
  'outdated text',
  'stale, labelled',
  'org group',
  'active in the directory',
  'inactive in the directory',
  'formerly linked',
  'stranger to the directory',
  'directory never read',
  'guest in the directory',
  'stale directory',
  'service listed',
  'service undecided',
  'label',
  'client source',
] as const;
export type Rule = (typeof RULES)[number];

/** What happens to a source or to somebody in it, beside the kinds of steps. */
const EVENTS = [
  'link made',
  'link ended',
  'kept apart by hand',
  'members before their group',
  'created again',
  'asked of a killed run',
  'by another connection',
  'by another process',
  'asked by fields',
] as const;

/** How often each rule decided, and each kind of step or event changed what somebody sees. */
export type Corners = Map<string, number>;

/** A table of all corners at zero. */
export const noCorners = (): Corners => new Map([...RULES, ...STEP_KINDS, ...EVENTS].map((corner) => [corner, 0]));

/** One more of a corner. */
export const count = (corners: Corners, corner: string, times = 1): void =>
  void corners.set(corner, (corners.get(corner) ?? 0) + times);

/** The corners that were never reached. */
export const unreached = (corners: Corners): string[] =>
  [...corners].filter(([, times]) => times === 0).map(([corner]) => corner);
