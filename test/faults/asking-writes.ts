import type { Fault, NamedTest } from './fault.ts';

const writing = (test: string): NamedTest => ({ file: 'test/openai/writes.test.ts', test });

/** Mistakes about a model that is asked and may write. */
export const ASKING_WRITES: readonly Fault[] = [
  {
    name: 'a no at the terminal is a yes',
    file: 'src/open-approving.ts',
    find: `return yes || { no: 'The`,
    plant: `return !yes || { no: 'The`,
    caughtBy: writing('nothing is written where the person %s'),
  },
  {
    name: 'where nobody is there to be asked, everybody agrees',
    file: 'src/open-approving.ts',
    find: `if (yes === undefined) return {`,
    plant: `if (yes === undefined && state === 'approved') return {`,
    caughtBy: writing('without a terminal nothing is written, under %s'),
  },
  {
    name: 'whoever proposed it is asked whether somebody else approves',
    file: 'src/open-approving.ts',
    find: `if (needs === 'approve' && state !== 'approved') {`,
    plant: `if (needs === 'approve' && state === 'approved') {`,
    caughtBy: writing('under approve the person is shown it, not asked, and told who must'),
  },
  {
    name: 'a no is forgotten',
    file: 'src/open-approving.ts',
    find: `if (state === 'proposed') await decided(`,
    plant: `if (state === 'proposed' && yes) await decided(`,
    caughtBy: writing('a no stands: what was declined is not asked about again'),
  },
  {
    name: 'what the model says beside the confirmation is passed on',
    file: 'src/open-approving.ts',
    find: `z.strictObject({ confirmation`,
    plant: `z.looseObject({ confirmation`,
    caughtBy: writing('what the model says beside the confirmation is heeded by nobody'),
  },
  {
    name: 'a proposal that is over is asked about',
    file: 'src/writes/create-writes.ts',
    find: `row.expiresAt <= now();`,
    plant: `row.expiresAt < 0;`,
    caughtBy: writing('a proposal that expired before the person was asked is said and refused'),
  },
  {
    name: 'a run that only reads is given what writes',
    file: 'src/open-asking.ts',
    find: `.filter(({ scope }) => scopes.includes(scope));`,
    plant: `.filter(({ scope }) => scope !== undefined);`,
    caughtBy: writing('a run without it only reads: nothing that writes is listed, nor answered'),
  },
  {
    name: 'where nothing can be written the run goes on in silence',
    file: 'src/open-asking.ts',
    find: `.some(({ scope }) => scope === 'write')) return approving(`,
    plant: `.some(({ scope }) => scope === 'read')) return approving(`,
    caughtBy: writing('where %s it says so, and how that is changed'),
  },
  {
    name: 'what a proposal quoted is not decided again',
    file: 'src/open-asking.ts',
    find: `(told.quoted ?? [])`,
    plant: `(told.quoted ?? []).slice(1)`,
    caughtBy: writing('a conversation that quoted a document in a proposal is not gone on with, once that is gone'),
  },
  {
    name: 'the API is told to ask before nothing',
    file: 'src/openai/mount-tool.ts',
    find: `(name) => name !== PROPOSE`,
    plant: `(name) => name === PROPOSE`,
    caughtBy: writing('is given a token that may write for ten minutes, and is to ask before a commit'),
  },
];
