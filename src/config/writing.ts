import { z } from 'zod';

import type { Connector, Operation } from '../core/connector.ts';
import { AppError } from '../core/errors.ts';
import { NO_POLICY, WRITE_POLICIES, type WritePolicy, writePolicy, type WriteRules } from '../core/policy.ts';
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

interface Source {
  readonly name: string;
  readonly connector: Pick<Connector, 'operations' | 'writes'>;
  readonly settings: unknown;
}

/** What of a connector may ever be asked of a source: nobody signs in for more. What only takes back goes with whatever it may take back. */
export const operationsOf = ({ name, connector, settings }: Source, rules: WriteRules): readonly Operation[] => {
  const offered = (connector.writes ?? []).filter((action) => action.offered?.(settings) !== false);
  const may = offered.filter((action) => writePolicy({ action: action.name, source: name }, NO_POLICY, rules) !== 'forbid');
  const back = may.length === 0 ? [] : offered.filter(({ undoes, name: undo }) => undoes && rules.actions.get(undo) !== 'forbid');
  const named = new Set([...may, ...back].flatMap(({ operations }) => operations));
  return connector.operations.filter((operation) => operation.access === 'read' || named.has(operation.name));
};
