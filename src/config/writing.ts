import { z } from 'zod';

import type { Connector } from '../core/connector.ts';
import { AppError } from '../core/errors.ts';
import { WRITE_POLICIES, type WritePolicy, type WriteRules } from '../core/policy.ts';
import { unknownWord } from './parse.ts';

const DEFAULT = 'default';

/** What an action or source may be set to. */
export const writePolicySchema = z.enum(WRITE_POLICIES);

/** `writes:` of the configuration: what each action takes, and under `default` every other. */
export const writesSchema = z.record(z.string(), writePolicySchema).default({});

interface Given {
  readonly file: string;
  /** All there are: whether a source of theirs is configured or not. */
  readonly connectors: readonly Connector[];
  readonly sources: readonly { readonly name: string; readonly writes?: WritePolicy }[];
}

/** `writes:` in our words. Nothing may be written that nobody named; a misspelt name would allow nothing and say nothing of it. */
export const writeRulesOf = (
  written: Readonly<Record<string, WritePolicy>>,
  { file, connectors, sources }: Given,
): WriteRules => {
  const known = connectors.flatMap(({ writes = [] }) => writes.map(({ name }) => name)).toSorted();
  const actions = Object.entries(written).filter(([name]) => name !== DEFAULT);
  const lost = actions.find(([name]) => !known.includes(name));
  if (lost) {
    const [name] = lost;
    throw new AppError('config', unknownWord(`${file}: writes.${name}`, 'names no action there is', name, [DEFAULT, ...known]));
  }
  return {
    actions: new Map(actions),
    default: written[DEFAULT] ?? 'forbid',
    sources: new Map(sources.flatMap(({ name, writes }) => (writes === undefined ? [] : [[name, writes] as const]))),
  };
};
