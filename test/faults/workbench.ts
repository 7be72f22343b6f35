import type { Fault, NamedTest } from './fault.ts';

const store = (test: string): NamedTest => ({ file: 'test/store/sqlite/index-store.test.ts', test });
const corner = (test: string): NamedTest => ({ file: 'test/access/link-corners.test.ts', test });
const deciding = (test: string): NamedTest => ({ file: 'test/cli/identity-decide.test.ts', test });

/** Mistakes in who is which account, and in what a person decides about it. */
export const WORKBENCH: readonly Fault[] = [
  {
    name: 'what a person took from an e-mail, that e-mail links again',
    file: 'src/store/sqlite/writing/identities.ts',
    find: `WHERE refused_link.account = account.id AND refused_link.email = :email)`,
    plant: `WHERE refused_link.account = account.id AND refused_link.email = :email AND FALSE)`,
    caughtBy: store('by an e-mail unlinks everybody who is known with it, and whoever comes with it later'),
  },
  {
    name: 'what a person took from one identity, its e-mail links again',
    file: 'src/store/sqlite/writing/identities.ts',
    find: `WHERE refused_link.account = account.id AND identity.issuer = :issuer AND identity.subject = :subject)`,
    plant: `WHERE refused_link.account = account.id AND identity.issuer = :issuer AND identity.subject = :email)`,
    caughtBy: store('by issuer and subject unlinks that one alone, and says who is left'),
  },
  {
    name: 'whoever comes later with an e-mail that was taken from an account is linked to it',
    file: 'src/store/sqlite/writing/decisions.ts',
    find: `if (email !== null) refuse.run(account.id, null, email, why(decision), at);`,
    plant: '',
    caughtBy: store('by an e-mail unlinks everybody who is known with it, and whoever comes with it later'),
  },
  {
    name: 'who was taken from an account comes back to it by another e-mail',
    file: 'src/store/sqlite/writing/decisions.ts',
    find: `for (const id of ids) refuse.run(account.id, id, null, why(decision), at);`,
    plant: `for (const id of email === null ? ids : []) refuse.run(account.id, id, null, why(decision), at);`,
    caughtBy: store('by an e-mail keeps them apart also when they share another with the account'),
  },
  {
    name: 'an account that was given to one person is linked to another by an e-mail',
    file: 'src/store/sqlite/writing/identities.ts',
    find: `AND link.method = 'manual'`,
    plant: `AND link.method = 'by hand'`,
    caughtBy: corner('beats an e-mail: an account given to one is not another’s by an e-mail it carries'),
  },
  {
    name: 'what a person took apart is due to be linked at every visit',
    file: 'src/access/link.ts',
    find: `.filter(({ barred }) => !barred)`,
    plant: '',
    caughtBy: corner('leaves nothing to write when they come'),
  },
  {
    name: 'a link by hand outlives the account that was deactivated',
    file: 'src/store/sqlite/writing/accounts.ts',
    find: `if (!active) return false;`,
    plant: `if (!active && method === 'email') return false;`,
    caughtBy: store('stands or ends when its account %s'),
  },
  {
    name: 'a link by hand outlives every e-mail the account had',
    file: 'src/store/sqlite/writing/accounts.ts',
    find: `return evidence.emails.some((email) => emails.includes(email));`,
    plant: `return true;`,
    caughtBy: store('stands or ends when its account %s'),
  },
  {
    name: 'an e-mail that passed to another subject is remembered of the one before',
    file: 'src/store/sqlite/writing/identities.ts',
    find: `const others = email === undefined ? 0 : takeOver.run(email, issuer, subject).changes;`,
    plant: `const others = 0;`,
    caughtBy: corner('with a new account brings nothing of the old one, and leaves nothing to whoever had it'),
  },
  {
    name: 'an account is taken from somebody though nobody said so',
    file: 'src/store/sqlite/writing/decisions.ts',
    find: `if (others.length > 0 && !andUnlink) {`,
    plant: `if (others.length > 1 && !andUnlink) {`,
    caughtBy: store('an account of somebody else is refused unless it is taken from them, and then stays taken'),
  },
  {
    name: 'an account is given away while a run is writing its source',
    file: 'src/store/sqlite/writing/decisions.ts',
    find: `if (account.running === 1) {`,
    plant: `if (account.running > 1) {`,
    caughtBy: store('an account of a source that is being written, or was when its process died, is refused'),
  },
  {
    name: 'a link that a person ended goes on in what was decided before',
    file: 'src/store/sqlite/writing/decisions.ts',
    find: `old, new: undefined });
      step.moveEpoch();`,
    plant: `old, new: undefined });`,
    caughtBy: corner('holds at the next question, at a process that keeps what it decided before'),
  },
  {
    name: 'who was taken from an account of the directory still counts as inactive by it',
    file: 'src/store/sqlite/writing/decisions.ts',
    find: `if (forgetFormer.run(id, account.id).changes > 0) step.moveEpoch();`,
    plant: `if (id < 0) step.moveEpoch();`,
    caughtBy: corner('of an account in the directory is that they never were it: that it is inactive says nothing of them'),
  },
  {
    name: 'a decision is made that no audit knows of',
    file: 'src/open-people.ts',
    find: `await audit.record({ ...event, at: now(), outcome: 'answered' });`,
    plant: '',
    caughtBy: deciding('to link says who is linked, and is in the audit with both names'),
  },
  {
    name: 'a decision that was recorded and could not be made stands in the audit as made',
    file: 'src/open-people.ts',
    find: `await audit.record({ ...event, at: now(), outcome: error instanceof AppError ? error.code : 'unavailable' });`,
    plant: '',
    caughtBy: deciding('that was recorded and then could not be done is recorded as that too'),
  },
  {
    name: 'an account that carried no e-mail stays with whoever it was given to, whoever has it now',
    file: 'src/store/sqlite/writing/accounts.ts',
    find: `return emails.length === 0 || (known !== null && emails.includes(known));`,
    plant: `return true;`,
    caughtBy: store('to an account without any e-mail ends when that gets those of others'),
  },
];
