import { ANSWERING } from './answering.ts';
import { ASKING } from './asking.ts';
import { ASKING_WRITES } from './asking-writes.ts';
import { ATTACK } from './attack.ts';
import { CALLING } from './calling.ts';
import { CARRYING } from './carrying.ts';
import { DECIDING } from './deciding.ts';
import { EMBEDDING } from './embedding.ts';
import { ENGINE } from './engine.ts';
import { EXPLAINING } from './explaining.ts';
import { FAILING } from './failing.ts';
import type { Fault } from './fault.ts';
import { GITHUB } from './github.ts';
import { GITHUB_WRITES } from './github-writes.ts';
import { HISTORY } from './history.ts';
import { HOLDING_BACK } from './holding-back.ts';
import { IDENTIFYING } from './identifying.ts';
import { ORGANISING } from './organising.ts';
import { LIVE } from './live.ts';
import { OUTDATING } from './outdating.ts';
import { POSTGRES } from './postgres.ts';
import { POSTGRES_SERVER } from './postgres-server.ts';
import { COURSES } from './proof.ts';
import { SCHEDULING } from './scheduling.ts';
import { SCIM } from './scim.ts';
import { SERVING } from './serving.ts';
import { SIGNING_IN } from './signing-in.ts';
import { STANDING } from './standing.ts';
import { SYNCING } from './syncing.ts';
import { THREADING } from './threading.ts';
import { VERIFYING } from './verifying.ts';
import { WHERE } from './where.ts';
import { WORKBENCH } from './workbench.ts';
import { WRITES } from './writes.ts';
import { WRITES_FILES } from './writes-files.ts';
import { WRITES_PAGE } from './writes-page.ts';
import { WRITES_POSTGRES } from './writes-postgres.ts';
import { WRITES_SETTLED } from './writes-settled.ts';
import { WRITES_SHOWN } from './writes-shown.ts';
import { WRITES_TOLD } from './writes-told.ts';

/** Every planted fault: mistakes a tired engineer could make, each with the test that must notice it. */
export const FAULTS: readonly Fault[] = [
  ...DECIDING,
  ...EXPLAINING,
  ...ANSWERING,
  ...EMBEDDING,
  ...ASKING,
  ...ASKING_WRITES,
  ...ENGINE,
  ...CALLING,
  ...CARRYING,
  ...COURSES,
  ...GITHUB,
  ...GITHUB_WRITES,
  ...HISTORY,
  ...IDENTIFYING,
  ...LIVE,
  ...ORGANISING,
  ...POSTGRES,
  ...POSTGRES_SERVER,
  ...SCHEDULING,
  ...SCIM,
  ...SERVING,
  ...SIGNING_IN,
  ...STANDING,
  ...SYNCING,
  ...HOLDING_BACK,
  ...OUTDATING,
  ...THREADING,
  ...VERIFYING,
  ...FAILING,
  ...ATTACK,
  ...WHERE,
  ...WORKBENCH,
  ...WRITES,
  ...WRITES_FILES,
  ...WRITES_PAGE,
  ...WRITES_POSTGRES,
  ...WRITES_SETTLED,
  ...WRITES_SHOWN,
  ...WRITES_TOLD,
];
