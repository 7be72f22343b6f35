import type { Config } from '../config/config.ts';
import { AppError } from '../core/errors.ts';
import { labelKey } from '../core/label.ts';
import type { Census } from '../store/census.ts';
import { directoryCheck } from './doctor-directory.ts';
import { sourceChecks } from './doctor-sources.ts';
import type { Patient } from './patient.ts';
import { count, listed, span } from './words.ts';

/** One thing that was looked at: what it is like, and what to do where that is not good. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly says: string;
  readonly remedy?: string;
}

const GB = 1024 ** 3;
const FREE_WARN = 2 * GB;
/** A commit that finds no room stops every answer, since none leaves unaudited. */
const FREE_FAIL = GB / 10;
/** Clocks of a network differ by less; more was a clock that was wrong. */
const AHEAD_MS = 60_000;

/** Looks at everything, in the order in which one thing needs the other. What cannot be looked at is a check that failed. */
export const checksOf = async (patient: Patient, now: number): Promise<readonly Check[]> => {
  const config = await patient.configuration().catch((error: unknown) => failed('configuration', error));
  const census = await patient.index().catch((error: unknown) => failed('index', error));
  const known = 'state' in config ? undefined : config;
  const index = census && 'state' in census ? undefined : census;
  const opens = await patient.dataFolder().then(
    () => true,
    () => false,
  );
  /** What lies in a folder that cannot be opened would only fail alike. */
  const inFolder = (look: Look): Look => (opens ? look : () => []);
  const all: readonly (readonly [string, Look])[] = [
    ['node', () => [{ name: 'node', state: 'ok', says: patient.node }]],
    ['configuration', () => ['state' in config ? config : configured(config)]],
    ['data folder', () => dataFolder(patient)],
    ['key', inFolder(() => key(patient))],
    ['index', inFolder(() => [census && 'state' in census ? census : indexed(census)])],
    ['audit', inFolder(() => (known ? audit(patient) : []))],
    ['writes', inFolder(() => writes(patient))],
    ['sources', () => (known ? sourceChecks(patient, known, census && 'state' in census ? 'unreadable' : census, now) : [])],
    ['directory', () => (known && index ? directoryCheck(known, index, now) : [])],
    ['embedding', () => (known ? embedding(patient, known, index) : [])],
    ['identity', () => (known ? issuers(patient, known) : [])],
    ['server', () => (known ? serving(patient, known) : [])],
    ['clock', () => (index ? [clock(index, now)] : [])],
    ['policies', () => (known && index ? labels(known, index) : [])],
  ];
  const checks: Check[] = [];
  for (const [name, look] of all) {
    try {
      checks.push(...(await look()));
    } catch (error) {
      checks.push(failed(name, error));
    }
  }
  return checks;
};

type Look = () => Promise<readonly Check[]> | readonly Check[];

/** A sentence of ours says what to do itself. Anything else is a bug, and is not hidden. */
const failed = (name: string, error: unknown): Check => {
  if (!(error instanceof AppError)) throw error;
  return { name, state: 'fail', says: error.message };
};

const configured = ({ sources, organisation }: Config): Check => ({
  name: 'configuration',
  state: 'ok',
  says: `${count(sources.length, 'source')}, ${listed(organisation.domains)}`,
});

const dataFolder = async (patient: Patient): Promise<readonly Check[]> => {
  const name = 'data folder';
  const found = await patient.dataFolder();
  if (!found) return [{ name, state: 'warn', says: 'It is not there yet.', remedy: 'castellan sync' }];
  const state = found.free < FREE_FAIL ? 'fail' : found.free < FREE_WARN ? 'warn' : 'ok';
  const says = `${found.path}, its owner’s alone, ${(found.free / GB).toFixed(1)} GB free`;
  return [
    { name, state, says, ...(state === 'ok' ? {} : { remedy: 'make room on its disk: without any, nothing is answered' }) },
  ];
};

const key = async (patient: Patient): Promise<readonly Check[]> => {
  const from = await patient.key();
  const says = { environment: 'read from CASTELLAN_KEY', file: 'read from the data folder' };
  return [{ name: 'key', state: 'ok', says: from === undefined ? 'not there yet: the first question makes it' : says[from] }];
};

const indexed = (census: Census | undefined): Check => {
  if (!census) return { name: 'index', state: 'warn', says: 'It is not there yet.', remedy: 'castellan sync' };
  try {
    census.check();
    return { name: 'index', state: 'ok', says: 'whole' };
  } catch (error) {
    return failed('index', error);
  }
};

const audit = async (patient: Patient): Promise<readonly Check[]> => {
  const name = 'audit';
  const found = await patient.audit();
  if (!found) return [{ name, state: 'ok', says: 'not there yet: the first question begins it' }];
  const rows = count(found.rows, 'row');
  if (found.state === 'unread') return [{ name, state: 'ok', says: `${rows}, too many to read here: castellan audit verify` }];
  if (found.state === 'broken') {
    return [
      {
        name,
        state: 'fail',
        says: `It is broken at row ${found.at}: ${found.why}.`,
        remedy: 'castellan audit verify, and docs/security.md',
      },
    ];
  }
  return [
    { name, state: 'ok', says: found.state === 'proven' ? `${rows}, proven up to row ${found.anchored}` : `${rows}, consistent` },
  ];
};

const writes = async (patient: Patient): Promise<readonly Check[]> => {
  const uncertain = await patient.uncertain();
  if (uncertain === 0) return [];
  const says = `Of ${count(uncertain, 'write')} nobody can say whether ${uncertain === 1 ? 'it was' : 'they were'} made.`;
  return [{ name: 'writes', state: 'warn', says, remedy: 'look at the source, and say what you found: castellan settle' }];
};

const embedding = async (
  patient: Patient,
  { embedding: { provider }, sources }: Config,
  census: Census | undefined,
): Promise<readonly Check[]> => {
  const name = 'embedding';
  if (provider === 'none') return [{ name, state: 'ok', says: 'off: everything is found by words' }];
  await patient.model();
  const statuses = census?.status(sources.map((source) => source.name)) ?? [];
  const waiting = statuses.reduce((sum, { waitingForVectors }) => sum + waitingForVectors, 0);
  if (waiting === 0) return [{ name, state: 'ok', says: 'the model runs' }];
  return [
    {
      name,
      state: 'warn',
      says: `${count(waiting, 'chunk')} without vectors, found by words until then.`,
      remedy: 'castellan sync',
    },
  ];
};

const issuers = async (patient: Patient, { identity }: Config): Promise<readonly Check[]> => {
  const name = 'identity';
  if (identity.issuers.length === 0) return [{ name, state: 'ok', says: 'tokens of this server’s own' }];
  const found = await patient.issuers();
  return found.map(({ issuer, fault }): Check =>
    fault === undefined
      ? { name, state: 'ok', says: `the keys of ${issuer} can be read` }
      : {
          name,
          state: 'fail',
          says: `The keys of ${issuer} cannot be read: ${fault}.`,
          remedy: 'correct identity.issuer, or let this machine reach it: no token of it is good until then',
        },
  );
};

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/u;

const serving = async (patient: Patient, { server: { listen, publicUrl } }: Config): Promise<readonly Check[]> => {
  const name = 'server';
  const at = `${listen.host}:${listen.port}`;
  const taken = await patient.port();
  const open = publicUrl === undefined && !LOOPBACK.test(listen.host);
  return [
    taken === 'taken'
      ? {
          name,
          state: 'warn',
          says: `${at} is taken by something else.`,
          remedy: 'set server.listen to another port, or: castellan serve --http --port <number>',
        }
      : { name, state: 'ok', says: taken === 'ours' ? `answers on ${at}` : `${at} is free` },
    ...(open
      ? [
          {
            name,
            state: 'fail' as const,
            says: `It would listen on ${at}, beyond this machine, without server.public_url.`,
            remedy: 'set server.public_url: https://…',
          },
        ]
      : []),
  ];
};

const clock = (census: Census, now: number): Check => {
  const ahead = census.latest() - now;
  if (ahead <= AHEAD_MS) return { name: 'clock', state: 'ok', says: 'nothing in the index is of the future' };
  return {
    name: 'clock',
    state: 'warn',
    says: `The index holds times ${span(ahead)} ahead of this clock: it was wrong then, or is now.`,
    remedy: 'set the clock, then: castellan sync. Until then what is old may pass for fresh',
  };
};

const labels = ({ rules: { policies } }: Config, census: Census): readonly Check[] => {
  const name = 'policies';
  const there = new Set(census.labels().map(labelKey));
  const denied = [policies?.default, ...(policies?.clients.values() ?? [])].flatMap((policy) => policy?.denyLabels ?? []);
  const lost = [...new Set(denied)].filter((label) => !there.has(labelKey(label)));
  if (lost.length === 0) return [];
  return [
    {
      name,
      state: 'warn',
      says: `No document has ${lost.length === 1 ? 'the label' : 'the labels'} ${listed(lost)}.`,
      remedy: 'correct deny_labels under clients, if it is misspelt',
    },
  ];
};
