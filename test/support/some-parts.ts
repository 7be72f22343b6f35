import { PassThrough } from 'node:stream';

import type { Parts } from '../../src/cli/parts.ts';

/** The parts of a command line of which only these are there: a command that uses another fails. */
export const partsWith = (given: Partial<Parts>): Parts => ({
  version: '1',
  now: () => Date.now(),
  stdin: new PassThrough(),
  program: ['castellan'],
  company: '',
  temporary: '',
  examples: '',
  home: '',
  endpoint: unused,
  openIndex: unused,
  openDesk: unused,
  openHttp: unused,
  openTrail: unused,
  issueToken: unused,
  openPreview: unused,
  openPatient: unused,
  openExaminer: unused,
  openConnecting: unused,
  openAsking: unused,
  openPeople: unused,
  ...given,
});

const unused = (): never => {
  throw new Error('not for this command');
};
