import { ANSWERING } from './answering.ts';
import { CARRYING } from './carrying.ts';
import { DECIDING } from './deciding.ts';
import type { Fault } from './fault.ts';
import { IDENTIFYING } from './identifying.ts';
import { ORGANISING } from './organising.ts';
import { LIVE } from './live.ts';
import { SERVING } from './serving.ts';
import { SYNCING } from './syncing.ts';
import { THREADING } from './threading.ts';

/** Every planted fault: mistakes a tired engineer could make, each with the test that must notice it. */
export const FAULTS: readonly Fault[] = [
  ...DECIDING,
  ...ANSWERING,
  ...CARRYING,
  ...IDENTIFYING,
  ...LIVE,
  ...ORGANISING,
  ...SERVING,
  ...SYNCING,
  ...THREADING,
];
