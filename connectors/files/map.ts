import { parseDocument } from 'yaml';
import { z } from 'zod';

import type { Acl, AclTerm } from '../../src/core/acl.ts';
import type { Account } from '../../src/core/document.ts';
import {
  deniableSchema,
  isAudience,
  isName,
  type Member,
  memberSchema,
  normaliseEmail,
  type Principal,
  principalSchema,
} from '../../src/core/principal.ts';

/** The key of the root folder: no other path is relative and this. */
export const ROOT = '.';
/** The name of the file that narrows its folder; put after the name of a file, of the one that narrows that file. */
export const CONTROL = '.acl.yaml';
const EMAILS_MAX = 100;
const NAME_MAX = 1000;

const grant = principalSchema.refine((principal) => !isAudience(principal), { error: 'an audience cannot be named here' });
/** Whom a term may allow. */
export const allowSchema = z.array(grant).max(10_000);
/** Whom a control file may let write: accounts and groups that the people file itself decides. */
const writer = principalSchema.refine((principal) => /^(?:user|group|person):/u.test(principal), {
  error: 'a writer is user:<id>, group:<id> or person:<e-mail>',
});
/** Both lists of who may see are required: a file that lost its end must not pass for one that denies nobody. */
const controlSchema = z.strictObject({
  allow: z.array(grant, { error: 'expected a list of principals' }).max(10_000),
  deny: z.array(deniableSchema, { error: 'expected a list of principals; write deny: [] to deny nobody' }).max(10_000),
  write: z.array(writer).max(10_000).exactOptional(),
});

const name = z.string().refine(isName, { error: 'expected 1 to 1000 characters, none of them a control character' });
const email = z
  .string()
  .transform(normaliseEmail)
  .refine((text) => memberSchema.safeParse(`person:${text}`).success, { error: 'expected an e-mail' });
const peopleSchema = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        id: name,
        name: z.string().max(NAME_MAX).exactOptional(),
        emails: z.array(email).max(EMAILS_MAX),
        active: z.boolean().default(true),
        kind: z.enum(['member', 'guest']).default('member'),
      }),
    )
    .refine((accounts) => new Set(accounts.map(({ id }) => id)).size === accounts.length, { error: 'two accounts have one id' }),
  groups: z.record(name, z.array(memberSchema)).default({}),
});

/** Who there is, and who is with whom. */
export interface People {
  readonly accounts: readonly Account[];
  readonly groups: Readonly<Record<string, readonly Member[]>>;
}

/** Understands a people file; throws what is wrong with it. */
export const parsePeople = (bytes: Uint8Array): People => parseYaml(bytes, peopleSchema);

/** What a control file says: who may see, and who of them may write, where it says anything of that. */
export interface Control {
  readonly term: AclTerm;
  readonly writers?: readonly Principal[];
}

/** Understands a control file; `from` names it. Throws what is wrong with it. */
export const parseControl = (bytes: Uint8Array, from: string): Control => {
  const { allow, deny, write } = parseYaml(bytes, controlSchema);
  return { term: { allow, deny, from }, ...(write && { writers: write }) };
};

const parseYaml = <T>(bytes: Uint8Array, schema: z.ZodType<T>): T => {
  const document = parseDocument(new TextDecoder('utf-8', { fatal: true }).decode(bytes), {
    uniqueKeys: true,
    logLevel: 'error',
  });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) throw new Error(fault.message.split('\n')[0]);
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 0 })); // an alias is not worth what a bomb of them costs
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error([...(issue?.path ?? []).map(String), issue?.message].join(': '));
};

/** The acl of what is below a folder: the folder's audience, and the own term where there is one, must both hold. */
export const aclBelow = (folder: string, own?: AclTerm | Unknown): Acl => {
  if (own && 'unknown' in own) return own;
  const inherited: AclTerm = { allow: [`audience:${folder}`], deny: [], from: `folder ${folder}` };
  return { terms: own ? [inherited, own] : [inherited] };
};

/** Permissions that could not be read, and why. */
export interface Unknown {
  readonly unknown: string;
}

/** Which control files a folder holds, by whom they mean. */
export interface Controls {
  /** Whom they narrow: an entry of the folder, or with an empty name the folder itself. */
  of(entry: string): Narrowing;
  /** Those that mean nothing that is here. */
  readonly astray: readonly string[];
}

/** The control file of an entry, and another one that seems to mean it too but is not spelt as it must be. */
export interface Narrowing {
  readonly control?: string;
  readonly doubtful?: string;
}

/** Is this the name of a control file, in whatever case, form or spelling? Then it is never a document. */
export const isControl = (name: string): boolean => LOOKS_CONTROL.test(folded(name));

const LOOKS_CONTROL = /\.acl\.ya?ml$/u;

/**
 * Finds the control files among the names of a folder. One is named exactly; what merely looks like one is never passed over,
 * since somebody meant to close something.
 */
export const controlsOf = (names: readonly string[]): Controls => {
  const controls = names.filter(isControl);
  const meaning = Map.groupBy(controls, (control) => folded(control).replace(LOOKS_CONTROL, ''));
  const entries = new Set(['', ...names.filter((name) => !isControl(name)).map(folded)]);
  return {
    of(entry) {
      const candidates = meaning.get(folded(entry)) ?? [];
      const control = candidates.find((name) => name.normalize('NFC') === `${entry}${CONTROL}`.normalize('NFC'));
      const doubtful = candidates.find((name) => name !== control);
      return { ...(control === undefined ? {} : { control }), ...(doubtful === undefined ? {} : { doubtful }) };
    },
    astray: [...meaning].flatMap(([target, meant]) => (entries.has(target) ? [] : meant)),
  };
};

/** One spelling for all that a reader could take for the same name. */
export const folded = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .trim()
    .toLowerCase();

/** The key of an entry. */
export const keyOf = (folder: string, name: string): string => (folder === ROOT ? name : `${folder}/${name}`).normalize('NFC');

/** A key to name in a problem what can have none. */
export const shownKey = (key: string): string =>
  key
    .replace(/\p{Cc}/gu, '\uFFFD')
    .slice(0, NAME_MAX)
    .toWellFormed();

/** The file's name, for a text without its ending: known without reading, so that an unchanged file need not be read. */
export const titleOf = (name: string): string => (TEXTS.test(name) ? name.replace(TEXTS, '') : name) || name;

const TEXTS = /\.(md|markdown|txt|text)$/iu;

/** The media type that the name's ending stands for. */
export const mediaTypeOf = (name: string): string =>
  MEDIA_TYPES.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase()) ?? 'application/octet-stream';

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['md', 'text/markdown'],
  ['markdown', 'text/markdown'],
  ['txt', 'text/plain'],
  ['text', 'text/plain'],
  ['html', 'text/html'],
  ['htm', 'text/html'],
  ['csv', 'text/csv'],
  ['json', 'application/json'],
  ['yaml', 'application/yaml'],
  ['yml', 'application/yaml'],
  ['xml', 'application/xml'],
  ['rtf', 'application/rtf'],
  ['eml', 'message/rfc822'],
  ['pdf', 'application/pdf'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
]);
