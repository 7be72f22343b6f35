import { isDenied } from '../../core/policy.ts';
import type { Database } from './database.ts';
import { labelsSchema, storedJson } from './stored-json.ts';

/** Label lists whose answer is remembered: few differ, however many documents there are. */
const REMEMBERED = 10_000;

/**
 * Teaches a connection `denied_labels(labels, denied)`: whether one of a document's labels (a JSON array, as stored) is among those
 * that a client may not carry (a JSON array of label keys).
 */
export const prepareDeniedLabels = (db: Database): void => {
  const known = new Map<string, number>();
  let of = '';
  let deniedLabels: readonly string[] = [];
  db.function('denied_labels', { deterministic: true }, (labels: string, denied: string): number => {
    if (denied !== of || known.size === REMEMBERED) known.clear();
    if (denied !== of) deniedLabels = storedJson(labelsSchema, denied, 'labels');
    of = denied;
    const before = known.get(labels);
    if (before !== undefined) return before;
    const is = isDenied(storedJson(labelsSchema, labels, 'the labels of a document'), { deniedLabels }) ? 1 : 0;
    known.set(labels, is);
    return is;
  });
};

/** Those of a client, ready to be bound: null denies none. */
export const boundLabels = (deniedLabels: readonly string[]): string | null =>
  deniedLabels.length === 0 ? null : JSON.stringify(deniedLabels);
