import { describe, expect, onTestFinished, test } from 'vitest';

import { aclSchema } from '../../src/core/acl.ts';
import type { Fetch, Run } from '../../src/core/connector.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Aim, Committing, Intent, Preview, Settled, WriteAction } from '../../src/core/write.ts';
import { aConnectorRun } from '../support/a-connector-run.ts';

/** A fresh source in which an account may make one write. */
export interface WritePlace<Settings, Input> {
  readonly settings: Settings;
  readonly folder?: string;
  /** The way out to it, where it is not of this machine. */
  readonly fetch?: Fetch;
  readonly as: Account;
  readonly aim: Aim<Input>;
  /** All of the source that any write could change, seen by itself and not through the connector. */
  state(): Promise<unknown>;
  /** What the state is after the write. */
  readonly written: unknown;
  /** Somebody else changes what is aimed at, or takes its place. */
  change(): Promise<unknown>;
  /** Somebody takes the right to write away from the account. */
  revoke(): Promise<unknown>;
}

export interface WriteScenario<Settings, Input> {
  readonly prepared: () => Promise<WritePlace<Settings, Input>>;
  /** Inputs that are refused whatever is there: too large, malformed. */
  readonly refused?: Readonly<Record<string, unknown>>;
  /** Whether the same commit once more finds another state than was decided about. Where not, whoever calls it keeps it to one. */
  readonly once: boolean;
  /** Whether there are steps after which the source cannot say. */
  readonly doubtful?: true;
  /** All actions of the connector: what takes back is among them. */
  readonly actions: readonly WriteAction<Settings>[];
}

/** Errors after which nothing was written for sure. */
const SURE = ['invalid_input', 'forbidden', 'not_found', 'conflict', 'too_large', 'source_rejected', 'source_rate_limited'];
/** More steps than any commit has. */
const STEPS_MAX = 100;

/** What every action promises. */
export const writeContract = <Settings, Input>(
  action: WriteAction<Settings, Input>,
  { prepared, refused = {}, once, doubtful, actions }: WriteScenario<Settings, Input>,
): void => {
  const runOf = (place: WritePlace<Settings, Input>, signal?: AbortSignal): Run<Settings, never> => {
    const { settings, folder = '/', fetch } = place;
    const { cursor: _, ...run } = aConnectorRun<Settings, never>(settings, {
      folder,
      ...(fetch && { fetch }),
      ...(signal && { signal }),
    });
    return run;
  };
  const actionOf = (name: string): WriteAction<Settings> => {
    const found = actions.find((each) => each.name === name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  };
  const previewed = async (place: WritePlace<Settings, Input>): Promise<Preview> =>
    action.preview(place.aim, runOf(place), place.as);

  describe(`${action.name}, as every write`, () => {
    test('shows what would change, and writes nothing for it', async () => {
      const place = await prepared();
      const before = await place.state();
      expect(await action.mayWrite(place.aim, runOf(place), place.as)).toBe(true);
      const { changes, audience } = await previewed(place);
      expect(changes.length).toBeGreaterThan(0);
      expect(changes.every(({ before, after }) => before !== after)).toBe(true);
      expect(aclSchema.parse(audience)).toEqual(audience);
      expect('terms' in audience).toBe(true);
      expect(await place.state()).toEqual(before);
      expect(place.written).not.toEqual(before);
    });

    test('writes what it showed, and nothing else', async () => {
      const place = await prepared();
      const { intent, committing } = decided(action, place.aim, await previewed(place));
      const receipt = await action.commit(place.aim, runOf(place), place.as, committing);
      expect(await place.state()).toEqual(place.written);
      expect(receipt.before).toBe(intent.revision);
      expect(receipt.key).not.toBe('');
    });

    test('writes nothing where the target is not what it was', async () => {
      const place = await prepared();
      const { committing } = decided(action, place.aim, await previewed(place));
      await place.change();
      const changed = await place.state();
      await expect(action.commit(place.aim, runOf(place), place.as, committing)).rejects.toMatchObject({ code: 'conflict' });
      expect(await place.state()).toEqual(changed);
    });

    test('asks the source for the right, before and again when it writes', async () => {
      const place = await prepared();
      const { committing } = decided(action, place.aim, await previewed(place));
      await place.revoke();
      const revoked = await place.state();
      expect(await action.mayWrite(place.aim, runOf(place), place.as)).toBe(false);
      await expect(action.commit(place.aim, runOf(place), place.as, committing)).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:forbidden|not_found)$/u),
      });
      expect(await place.state()).toEqual(revoked);
    });

    test('is nobody’s whom the source does not know', async () => {
      const place = await prepared();
      const nobody: Account = { id: 'nobody-there', emails: [...place.as.emails], active: true, kind: 'member' };
      expect(await action.mayWrite(place.aim, runOf(place), nobody)).toBe(false);
      const before = await place.state();
      const { committing } = decided(action, place.aim, await previewed(place));
      await expect(action.commit(place.aim, runOf(place), nobody, committing)).rejects.toThrow(AppError);
      expect(await place.state()).toEqual(before);
    });

    test('tells afterwards that it was made, and that it was not', async () => {
      const place = await prepared();
      const { intent, committing, settling } = decided(action, place.aim, await previewed(place));
      expect(await action.settle(place.aim, runOf(place), place.as, intent)).toBe('absent');
      const receipt = await action.commit(place.aim, runOf(place), place.as, committing);
      const settled = await action.settle(place.aim, runOf(place), place.as, settling());
      const { key, before, after } = receipt;
      const told = typeof settled === 'string' ? { key: settled } : settled;
      expect([told.key, told.before, told.after]).toEqual([key, before, after]);
      expect(await place.state()).toEqual(place.written);
    });

    test('tells the truth after it was ended at any step', async () => {
      const told: string[] = [];
      for (let at = 1; ; at += 1) {
        const place = await prepared();
        const before = await place.state();
        const { committing, settling } = decided(action, place.aim, await previewed(place));
        const ended = endingAt(at);
        const made = await action
          .commit(place.aim, runOf(place, ended.signal), place.as, {
            ...committing,
            keep: (note) => ended.around(committing, note),
          })
          .catch((error: unknown) => error);
        if (!ended.was()) break;
        expect(at).toBeLessThan(STEPS_MAX);
        const sure = made instanceof AppError && SURE.includes(made.code);
        const settle = (): Promise<Settled> => action.settle(place.aim, runOf(place), place.as, settling());
        const settled = sure ? 'absent' : await settle();
        expect([settled, await place.state()]).toEqual([settled, typeof settled === 'string' ? before : place.written]);
        const again = sure ? 'absent' : outcomeOf(await settle());
        expect([outcomeOf(settled), 'uncertain']).toContain(again); // what told it the first time may be cleared away
        if (!sure) told.push(outcomeOf(settled));
      }
      expect(told.length).toBeGreaterThan(1);
      expect(told.filter((outcome) => outcome === 'uncertain' && !doubtful)).toEqual([]);
    });

    test('is not begun where it was told to stop', async () => {
      const place = await prepared();
      const before = await place.state();
      const { committing } = decided(action, place.aim, await previewed(place));
      await expect(action.commit(place.aim, runOf(place, AbortSignal.abort()), place.as, committing)).rejects.toThrow('aborted');
      expect(await place.state()).toEqual(before);
    });

    test('is made once', async () => {
      const place = await prepared();
      const { committing } = decided(action, place.aim, await previewed(place));
      await action.commit(place.aim, runOf(place), place.as, committing);
      const again = once ? await codeOf(action.commit(place.aim, runOf(place), place.as, committing)) : 'conflict';
      expect(SURE).toContain(again);
      expect(await place.state()).toEqual(place.written);
    });

    test.each(Object.entries(refused))('refuses what is %s, and writes nothing', async (_, input) => {
      const place = await prepared();
      const before = await place.state();
      const parsed = action.input.safeParse(input);
      const aim = { ...place.aim, input: parsed.data };
      const { committing } = decided(action, aim, await previewed(place));
      const asked = parsed.success
        ? [
            await codeOf(action.preview({ ...aim, input: parsed.data }, runOf(place), place.as)),
            await codeOf(action.commit({ ...aim, input: parsed.data }, runOf(place), place.as, committing)),
          ]
        : ['invalid_input'];
      expect(asked.filter((code) => code !== 'invalid_input' && code !== 'too_large')).toEqual([]);
      expect(await place.state()).toEqual(before);
    });

    if (action.undoes) return;

    test('is taken back where nothing changed since, and only there', async () => {
      const place = await prepared();
      const before = await place.state();
      const { committing } = decided(action, place.aim, await previewed(place));
      const { undo } = await action.commit(place.aim, runOf(place), place.as, committing);
      if (!undo) throw new Error('nothing takes it back');
      const back = actionOf(undo.action);
      const aim = { ...undo.aim, input: back.input.parse(undo.aim.input) };
      expect(await back.mayWrite(aim, runOf(place), place.as)).toBe(true);
      const preview = await back.preview(aim, runOf(place), place.as);
      expect(preview.revision).toBe(undo.revision);
      await back.commit(aim, runOf(place), place.as, decided(back, aim, preview).committing);
      expect(await place.state()).toEqual(before);
    });

    test('is not taken back where something changed since', async () => {
      const place = await prepared();
      const { committing } = decided(action, place.aim, await previewed(place));
      const { undo } = await action.commit(place.aim, runOf(place), place.as, committing);
      if (!undo) throw new Error('nothing takes it back');
      await place.change();
      const changed = await place.state();
      const back = actionOf(undo.action);
      const aim = { ...undo.aim, input: back.input.parse(undo.aim.input) };
      const { revision } = undo;
      const late = decided(back, aim, { target: '', ...(revision !== undefined && { revision }) });
      await expect(back.commit(aim, runOf(place), place.as, late.committing)).rejects.toMatchObject({ code: 'conflict' });
      expect(await place.state()).toEqual(changed);
    });
  });
};

let count = 0;

/** A write that was decided as it was shown, and what is kept of it. */
export const decided = (
  action: { readonly name: string },
  aim: Aim,
  { target, revision }: Pick<Preview, 'target' | 'revision'>,
) => {
  const kept: string[] = [];
  const intent: Intent = {
    id: (count += 1).toString(16).padStart(32, '0'),
    action: action.name,
    aim,
    target,
    ...(revision !== undefined && { revision }),
    at: new Date('2026-03-01T09:00:00Z'),
  };
  const committing: Committing = {
    intent,
    keep: async (note) => {
      expect(note.length).toBeLessThanOrEqual(1_000);
      kept.push(note);
    },
  };
  const settling = (): Intent => {
    const last = kept.at(-1);
    return { ...intent, ...(last !== undefined && { kept: last }) };
  };
  return { intent, committing, settling };
};

const codeOf = async (promised: Promise<unknown>): Promise<string> => {
  const error = await promised.catch((error: unknown) => error);
  return error instanceof AppError ? error.code : `no refusal: ${String(error)}`;
};

const outcomeOf = (settled: Settled): string => (typeof settled === 'string' ? settled : 'done');

/** Ends a commit at its nth step: each look at the signal is one, and before and after a note is kept. */
const endingAt = (at: number) => {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const { signal } = controller;
  let steps = 0;
  const step = (): void => {
    if ((steps += 1) === at) controller.abort(new Error('the process was ended'));
    AbortSignal.prototype.throwIfAborted.call(signal);
  };
  signal.throwIfAborted = step;
  return {
    signal,
    was: () => steps >= at,
    async around(committing: Committing, note: string): Promise<void> {
      step();
      await committing.keep(note);
      step();
    },
  };
};
