import type { Caller } from '../core/caller.ts';
import { parseDocumentId } from '../core/document.ts';
import { AppError } from '../core/errors.ts';
import type { Offered, ProposeRequest } from '../core/proposal.ts';
import type { Basis, Missing, ReadView } from '../core/view.ts';
import type { WriteAction } from '../core/write.ts';
import { policyOf } from './examine.ts';
import type { WritableSource, WritesParts } from './parts.ts';

/** Where something is to be written. */
export interface Target {
  readonly source: WritableSource;
  readonly action: WriteAction;
  readonly key?: string;
}

/** What this caller may propose: nothing of a source in which they see nothing, or in which nobody could say who they are. */
export const offeredTo = async (
  caller: Caller,
  view: ReadView,
  parts: WritesParts,
  signal: AbortSignal,
): Promise<readonly Offered[]> => {
  const { sources } = await view.sources(signal);
  const offered: Offered[] = [];
  for (const source of sources.flatMap(({ name }) => parts.sources.get(name) ?? [])) {
    const { account } = await parts.footing(caller, { source: source.name }, signal);
    if (typeof account === 'string') continue;
    for (const action of source.actions.filter((one) => one.undoes === undefined && isOffered(one, source))) {
      const needs = policyOf({ action, source, caller }, parts);
      if (needs !== 'forbid') offered.push({ source: source.name, action, needs });
    }
  }
  return offered;
};

/** Finds what a request is aimed at, among the sources in which its caller sees something: of the others they learn nothing. */
export const targetOf = async (
  { action: name, target }: ProposeRequest,
  view: ReadView,
  { sources: all }: WritesParts,
  signal: AbortSignal,
): Promise<Target | { readonly missing: Missing; readonly basis: Basis }> => {
  const { sources, basis } = await view.sources(signal);
  const able = sources.flatMap(({ name: source }): Target[] => {
    const found = all.get(source);
    const action = found?.actions.find((one) => one.name === name && one.undoes === undefined && isOffered(one, found));
    return found && action ? [{ source: found, action }] : [];
  });
  const [first, second] = able;
  if (!first) {
    throw new AppError(
      'invalid_input',
      `There is no action "${name.slice(0, 100)}" for you. list_sources shows those there are.`,
    );
  }
  if (first.action.on === 'source') {
    if (target !== undefined) return able.find(({ source }) => source.name === target) ?? { missing: 'absent', basis };
    if (!second) return first;
    const names = able.map(({ source }) => source.name).join(', ');
    throw new AppError('invalid_input', `${name} is offered by several sources. Name one as target: ${names}.`);
  }
  if (target === undefined) {
    throw new AppError('invalid_input', `${name} needs a target: the id of a document. Ids come from the results of search.`);
  }
  const place = parseDocumentId(target);
  if (!place) return { missing: 'absent', basis };
  const one = able.find(({ source }) => source.name === place.source);
  if (one) return { ...one, key: place.key };
  const { found, basis: of } = await view.fetch(target, signal);
  if (typeof found === 'string') return { missing: found, basis: of };
  throw new AppError('invalid_input', `${name} cannot be used on ${target}: its source does not offer it.`);
};

/** Whether the settings of this source allow the action, as they are now. */
export const isOffered = (action: WriteAction, { settings }: WritableSource): boolean => action.offered?.(settings) !== false;
