import { describe, expect, test } from 'vitest';

import { aFaultProxy } from '../support/a-fault-proxy.ts';
import { aWayOut } from '../support/a-way-out.ts';
import { aWiki } from '../support/a-wiki.ts';
import { type Flaw, wikiConnector } from '../support/a-wiki-connector.ts';
import { brokenPromises, type Course, type FaultCase } from './fault-contract.ts';
import { httpFaults, type ProxiedWorld } from './http-faults.ts';

const NONE: FaultCase<ProxiedWorld> = {
  name: 'nothing',
  begin: ({ proxy }) => proxy.script([{ on: 'GET /pages', fault: { kind: 'skew', ms: 0 } }]),
  end: ({ proxy }) => proxy.script([]),
  ends: 'mended',
};

const FAULTS: readonly FaultCase<ProxiedWorld>[] = [
  NONE,
  ...httpFaults({
    listing: 'GET /pages',
    people: 'GET /groups',
    document: { on: 'GET /pages/*', nth: 3 }, // of what changed, whoever goes on reads this first
    title: 'items.0.title',
    readers: { on: 'GET /pages', at: 'items.*.readers' },
    text: { on: 'GET /pages/*', at: 'text' },
    missing: {
      'the first run': { told: /gave \d+ of/u },
      'the next run': { told: /gave \d+ of/u },
      'a whole listing': { told: /gave \d+ of/u },
    },
    nothing: { 'the first run': 'unseen', 'the next run': 'unseen', 'a whole listing': { told: /lacks 24 of 24 documents/u } },
  }),
];

const aFaultyWiki = async (flaw?: Flaw) => {
  const wiki = await aWiki();
  const proxy = await aFaultProxy(wiki.url, { items: 'items', next: { at: 'next' }, total: 'total' });
  const connector = wikiConnector(flaw);
  const { fetch, clock } = aWayOut({ hosts: [proxy.host], operations: connector.operations });
  const world: ProxiedWorld = {
    proxy,
    clock,
    sight: () => wiki.sight(),
    change: () => wiki.change(),
    struck: () => proxy.struck,
  };
  return { world, connector, settings: { url: proxy.url }, fetch };
};

const brokenBy = async (flaw: Flaw | undefined, fault: FaultCase<ProxiedWorld>, course: Course) =>
  brokenPromises(await aFaultyWiki(flaw), fault, course);

const ALL = FAULTS.map((fault) => [fault.name, fault] as const);

describe('a connector that minds everything', () => {
  test.each(ALL)('keeps its promises in a run that goes on, through %s', async (_, fault) => {
    expect(await brokenBy(undefined, fault, 'the next run')).toEqual([]);
  });

  test.each(ALL)('keeps its promises in a whole listing, through %s', async (_, fault) => {
    expect(await brokenBy(undefined, fault, 'a whole listing')).toEqual([]);
  });
});

/** A mistake in the connector, and the fault by which it shows. */
const SHOWN: readonly (readonly [Flaw, string, Course, RegExp])[] = [
  ['it counts nothing', 'a missing page', 'a whole listing', /calls itself complete/u],
  ['a null names everybody', 'permissions that are null', 'the next run', /sees p\d+, and never might/u],
  ['no margin', 'nothing', 'the next run', /complete, yet not what/u],
  ['its own clock', 'a clock that is an hour behind', 'the next run', /does not see p99/u],
  ['what cannot be read is passed over', '404 for one document', 'a whole listing', /is lost/u],
  ['what cannot be read is not asked for again', '410 for one document', 'the next run', /after the next run/u],
  ['a circle is an end', 'a looping cursor', 'a whole listing', /calls itself complete/u],
  ['a reply that is none is an empty one', 'HTML instead of JSON', 'a whole listing', /calls itself complete/u],
  ['a forbidden group is an empty one', '403 where people are listed', 'the next run', /calls itself complete/u],
  ['a cursor before the work', '500 three times', 'the next run', /after the next run/u],
];

describe('the contract notices', () => {
  test.each(SHOWN)('that %s, by %s in %s', async (flaw, name, course, sentence) => {
    const fault = FAULTS.find((one) => one.name === name);
    if (!fault) throw new Error(`there is no fault ${name}`);
    expect((await brokenBy(flaw, fault, course)).join('\n')).toMatch(sentence);
  });

  test('a fault that never struck', async () => {
    const never: FaultCase<ProxiedWorld> = { ...NONE, begin: ({ proxy }) => proxy.script([]) };
    expect(await brokenBy(undefined, never, 'the next run')).toEqual(['the fault never struck']);
  });
});
