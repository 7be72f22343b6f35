import { createHash } from 'node:crypto';

import { accountLine, ORGANISATION, whole } from '../support/a-place.ts';
import { aclOf, containerLine, documentLine, type JsonLine } from '../support/json-lines.ts';

/** Each place in which something hidden can stand. */
export const PLACES = [
  'source',
  'path',
  'vaultTitle',
  'vaultType',
  'vaultField',
  'key',
  'title',
  'type',
  'url',
  'body',
  'label',
  'fieldName',
  'fieldValue',
  'status',
  'from',
  'revision',
  'part',
  'heading',
  'sheet',
  'message',
  'row',
  'orgBody',
  'darkTitle',
  'unknownReason',
  'labelled',
  'replaced',
  'deleted',
  'revoked',
  'problemKey',
  'problemField',
  'containerKey',
  'containerTitle',
  'group',
  'innerGroup',
  'darkGroup',
  'groupReason',
  'accountId',
  'accountName',
  'boss',
  'otherId',
  'otherName',
  'otherEmail',
  'directoryGroup',
  'directoryId',
  'directoryName',
  'query',
  'metricsToken',
] as const;
export type CanaryPlace = (typeof PLACES)[number];

/** The word that stands there and nowhere else: twelve letters that the name of the place alone decides. */
export const canary = (place: CanaryPlace): string =>
  [...createHash('sha256').update(place).digest().subarray(0, 12)].map((byte) => String.fromCodePoint(97 + (byte % 26))).join('');

/** The places whose canary stands in a text: as it is, in any case, in hex, or in base64 at any offset. */
export const canariesIn = (text: string): CanaryPlace[] => {
  const plain = text.toLowerCase();
  return PLACES.filter((place) => plain.includes(canary(place)) || CODED.get(place)?.some((coded) => text.includes(coded)));
};

const CODED: ReadonlyMap<CanaryPlace, readonly string[]> = new Map(
  PLACES.map((place) => {
    const word = canary(place);
    const shifted = [0, 1, 2].map((by) => Buffer.from(word.slice(by, by + 9)).toString('base64'));
    return [place, [Buffer.from(word).toString('hex'), ...shifted]];
  }),
);

/** Who may see all of it, and who asks for it. */
export const BOSS = `${canary('boss')}@acme.test`;
export const MALLORY = 'mallory@acme.test';

/** What everybody may see. */
export const WELCOME = 'notes:welcome';

/** Three sources: one of which Mallory sees two pages, one of which she sees nothing, and the directory. */
export const CONFIGURATION = `${ORGANISATION}
identity: { mode: local, directory: people }
embedding: { provider: none }
server: { listen: "127.0.0.1:0", limits: { per_minute: 1500, at_once: 50 }, metrics_token: "\${METRICS_TOKEN}" }
clients: { attacker: { ids: [stdio, cli], deny_labels: [sealed] } }
sources:
  people: { connector: jsonl, path: ./people.jsonl }
  notes: { connector: jsonl, path: ./notes.jsonl }
  ${canary('source')}: { connector: jsonl, path: ./${canary('path')}.jsonl }
`;

const account = (id: CanaryPlace, name: CanaryPlace, email: string, given: JsonLine = {}): JsonLine =>
  accountLine(canary(id), { name: canary(name), emails: [email], ...given });

const HIDDEN = aclOf([`user:${canary('accountId')}`, `group:${canary('group')}`], [`group:${canary('innerGroup')}`]);
const only = (place: CanaryPlace): JsonLine => ({
  ...HIDDEN,
  terms: [{ allow: [`group:${canary('group')}`], deny: [], from: canary(place) }],
});

/** The files of the sources, as they were first and as they are now. */
export const filesOf = (when: 'before' | 'now'): Readonly<Record<string, readonly JsonLine[]>> => ({
  people: whole([
    accountLine('m', { emails: [MALLORY] }),
    account('directoryId', 'directoryName', BOSS),
    { type: 'members', group: canary('directoryGroup'), members: [`user:${canary('directoryId')}`] },
  ]),
  notes: whole([
    accountLine('mallory'),
    account('accountId', 'accountName', BOSS),
    account('otherId', 'otherName', `${canary('otherEmail')}@acme.test`, { active: false }),
    { type: 'members', group: canary('group'), members: [`user:${canary('accountId')}`] },
    { type: 'members', group: canary('innerGroup'), members: [] },
    { type: 'members', group: canary('darkGroup'), members: { unknown: canary('groupReason') } },
    containerLine({ key: canary('containerKey'), title: canary('containerTitle'), acl: only('from') }),
    documentLine({
      key: 'welcome',
      title: 'Welcome',
      parent: canary('containerKey'),
      author: 'user:mallory',
      acl: aclOf(['public', `group:${canary('group')}`, `org:${canary('directoryGroup')}`], [`user:${canary('otherId')}`]),
      text: when === 'before' ? `Spring was ${canary('replaced')}.` : 'We move in spring.',
    }),
    documentLine({ key: 'menu', title: 'Menu', text: 'Soup in spring.', acl: aclOf(['everyone']) }),
    documentLine({
      key: canary('key'),
      title: `Spring ${canary('title')}`,
      kind: canary('type'),
      url: `https://wiki.acme.test/${canary('url')}`,
      text: `We move to ${canary('body')} in spring.`,
      labels: [canary('label')],
      fields: { [canary('fieldName')]: canary('fieldValue'), status: canary('status'), amount: 4711 },
      author: `user:${canary('accountId')}`,
      revision: canary('revision'),
      acl: only('from'),
    }),
    documentLine({
      key: 'parts',
      title: 'Parts',
      text: undefined,
      format: undefined,
      parts: [
        {
          text: `In spring ${canary('part')}.`,
          location: { headings: [canary('heading')], sheet: canary('sheet'), message: canary('message'), row: canary('row') },
        },
      ],
      acl: aclOf([`audience:${canary('containerKey')}`]),
    }),
    documentLine({
      key: 'org',
      title: 'Org',
      text: `Spring ${canary('orgBody')}.`,
      acl: aclOf([`org:${canary('directoryGroup')}`]),
    }),
    documentLine({ key: 'dark', title: `Spring ${canary('darkTitle')}`, acl: { unknown: canary('unknownReason') } }),
    documentLine({ key: 'shut', title: 'Shut', acl: aclOf(['public'], [`group:${canary('darkGroup')}`]) }),
    documentLine({ key: 'sealed', title: `Spring ${canary('labelled')}`, labels: ['Sealed'], acl: aclOf(['public']) }),
    documentLine({
      key: 'revoked',
      title: 'Revoked',
      text: `Spring ${canary('revoked')}.`,
      acl: when === 'before' ? aclOf(['public']) : only('from'),
    }),
    ...(when === 'before'
      ? [documentLine({ key: 'deleted', text: `Spring ${canary('deleted')}.`, acl: aclOf(['public']) })]
      : []),
    ...(when === 'now'
      ? [{ type: 'document', key: canary('problemKey'), fields: { [canary('problemField')]: [canary('fieldValue')] } }]
      : []),
  ]),
  [canary('path')]: whole([
    account('accountId', 'accountName', BOSS),
    documentLine({
      title: `Spring ${canary('vaultTitle')}`,
      kind: canary('vaultType'),
      fields: { [canary('vaultField')]: 1 },
      acl: aclOf([`user:${canary('accountId')}`]),
    }),
  ]),
});

/** What whoever may see everything is shown of it. The rest stands in the index, and no tool shows it to anybody. */
export const SHOWN: readonly CanaryPlace[] = [
  'source',
  'vaultTitle',
  'vaultType',
  'vaultField',
  'key',
  'title',
  'type',
  'url',
  'body',
  'label',
  'fieldName',
  'fieldValue',
  'status',
  'part',
  'heading',
  'sheet',
  'message',
  'row',
  'orgBody',
  'labelled',
  'revoked',
  'accountName',
];
