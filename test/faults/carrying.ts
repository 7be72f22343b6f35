import type { Fault, NamedTest } from './fault.ts';

const policy = (test: string): NamedTest => ({ file: 'test/reader/policy.test.ts', test });
const service = (test: string): NamedTest => ({ file: 'test/core/service.test.ts', test });
const broken = (test: string): NamedTest => ({ file: 'test/ingest/fail-closed.test.ts', test });
const TWINS: NamedTest = { file: 'test/property/twins.test.ts', test: 'what is hidden moves no byte of any answer: %s' };
const FORGOTTEN = 'a query that forgets the policy shows no client what it may not carry';
const LABELS = 'a label with %s is the denied one, in search, fetch and list_sources';

/** Mistakes in what a client may carry, and in who a caller without a person is. */
export const CARRYING: readonly Fault[] = [
  {
    name: 'documents of a denied label are ranked, and dropped afterwards',
    file: 'src/store/sqlite/visible.ts',
    find: `\n    AND (:denied IS NULL OR document.labels = '[]' OR NOT denied_labels(document.labels, :denied))`,
    plant: `\n    AND (:denied IS NULL OR TRUE)`,
    caughtBy: TWINS,
  },
  {
    name: 'how words are distributed is counted over what a client may not carry too',
    file: 'src/store/sqlite/reader.ts',
    find: `return snapshots.open({ held: boundAcls(held), denied: boundLabels(carried.deniedLabels) }, filter);`,
    plant: `return snapshots.open({ held: boundAcls(held), denied: null }, filter);`,
    caughtBy: policy('what a client may not carry moves nothing in how the rest is ranked'),
  },
  {
    name: 'documents of a source that a client may not carry are ranked, and dropped afterwards',
    file: 'src/reader/answer.ts',
    find: `reading.snapshot(held, carried, now, filter)`,
    plant: `reading.snapshot(held, { ...carried, sources: rules.sources }, now, filter)`,
    caughtBy: TWINS,
  },
  {
    name: 'list_sources sums up documents of a denied label',
    file: 'src/store/sqlite/reader.ts',
    find: `return visibleSources({ held: boundAcls(held), denied: boundLabels(carried.deniedLabels) });`,
    plant: `return visibleSources({ held: boundAcls(held), denied: null }).map((row) => ({ ...row, labels: [] }));`,
    caughtBy: TWINS,
  },
  {
    name: 'labels are not looked at when a document is decided a second time',
    file: 'src/reader/redecide.ts',
    find: `if (!held || isDenied(stored.labels, carried)) return 'refused';`,
    plant: `if (!held) return 'refused';`,
    caughtBy: policy(FORGOTTEN),
  },
  {
    name: 'the sources of a client are not looked at when a document is decided a second time',
    file: 'src/reader/redecide.ts',
    find: `const freshness = carried.sources.get(stored.source);`,
    plant: `const freshness = asking.rules.sources.get(stored.source);`,
    caughtBy: policy(FORGOTTEN),
  },
  {
    name: 'labels are not looked at when what is summed up is decided a second time',
    file: 'src/reader/redecide.ts',
    find: ` && !isDenied(labels, carried)`,
    plant: '',
    caughtBy: policy(FORGOTTEN),
  },
  {
    name: 'labels are compared as they are written',
    file: 'src/core/label.ts',
    find: `=> folded(folded(label));`,
    plant: `=> (folded(label) === '' ? '' : label.trim());`,
    caughtBy: policy(LABELS),
  },
  {
    name: 'what was remembered of one client’s labels is believed of another',
    file: 'src/store/sqlite/denied-labels.ts',
    find: `if (denied !== of || known.size === REMEMBERED) known.clear();`,
    plant: `if (known.size === REMEMBERED) known.clear();`,
    caughtBy: policy('two clients that deny different labels each keep to their own'),
  },
  {
    name: 'a document that is a problem keeps the labels it had',
    file: 'src/ingest/check.ts',
    find: `acl: safe, ...(labels && { labels }) }`,
    plant: `acl: safe }`,
    caughtBy: broken('a document that is a problem has its new labels all the same, and keeps those it had where it names none'),
  },
  {
    name: 'a document whose labels are lost is carried as one without',
    file: 'src/ingest/check.ts',
    find: `if (isBroken('labels')) return darkened(key, undefined, message);`,
    plant: `if (isBroken('labels')) return darkened(key, acl, message);`,
    caughtBy: broken('a document whose labels %s is seen by nobody: one of them may keep it from a client'),
  },
  {
    name: 'a service is everyone',
    file: 'src/core/leaf.ts',
    find: `listed.has(principal) && principal !== 'everyone' ?`,
    plant: `listed.has(principal) || principal === 'everyone' ?`,
    caughtBy: service('may be and may not be what is not listed: %s'),
  },
  {
    name: 'a service surely is not what is not listed for it',
    file: 'src/core/leaf.ts',
    find: `{ is: 'yes', at: Infinity } : UNDECIDED);`,
    plant: `{ is: 'yes', at: Infinity } : { is: 'no', at: Infinity });`,
    caughtBy: service('may be and may not be what is not listed: %s'),
  },
  {
    name: 'a service surely is not the listed account that was deactivated',
    file: 'src/core/leaf.ts',
    find: `return listed.includes(name) || theirs.has(name) ? UNDECIDED : { is: 'no', at: inSource };`,
    plant: `return { is: 'no', at: inSource };`,
    caughtBy: service('may be a listed account that cannot be relied on: %s'),
  },
  {
    name: 'an e-mail that the identity of a service carries counts',
    file: 'src/core/leaf.ts',
    find: `if (service) return ofAny(`,
    plant: `if (service && identity.email === undefined) return ofAny(`,
    caughtBy: service('is no more by an e-mail or a link that its identity carries'),
  },
  {
    name: 'accounts that an identity was linked to before it was a service count',
    file: 'src/store/sqlite/known-accounts.ts',
    find: `? ofService.all({ listed: listedBy(service) })`,
    plant: `? [
          ...ofService.all({ listed: listedBy(service) }),
          ...ofPerson.all({ issuer, subject, email, directory: null }),
        ]`,
    caughtBy: policy('sees what is listed for it, whatever was stored of its identity'),
  },
  {
    name: 'a service is linked by an e-mail',
    file: 'src/access/link.ts',
    find: `  if (serviceOf(identity, rules)) return []; // it is what the configuration lists, whatever e-mail it carries\n`,
    plant: '',
    caughtBy: { file: 'test/access/link.test.ts', test: 'when the configuration says that it is a service' },
  },
  {
    name: 'a client is offered the writes that its policy forbids',
    file: 'src/server/call.ts',
    find: `    if (!offers(parts.policyOf(caller), tool.scope)) return noTool(asked, 'forbidden');\n`,
    plant: '',
    caughtBy: {
      file: 'test/server/call.test.ts',
      test: 'hides from a client what its policy does not offer, before its scopes are looked at',
    },
  },
];
