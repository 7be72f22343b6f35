import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

import { verifyDecisions } from './access/verify-decisions.ts';
import type { Place, Trail } from './cli/parts.ts';
import { AppError } from './core/errors.ts';
import { type Machine, openPlace } from './machine.ts';
import { openAudit } from './server/audit.ts';
import { readAnchors } from './store/anchor-file.ts';
import { openDataFolder } from './store/data-folder.ts';
import { openKeys } from './store/keys.ts';
import { openPast } from './store/sqlite/history-past.ts';
import { openLedger } from './store/sqlite/ledger/ledger.ts';

/** Opens the audit to read it. Looks only where one already is: an empty one would read as one that holds. */
export const openTrail = async ({ config: path, data }: Place, machine: Machine): Promise<Trail> => {
  const { env, uid, random, now, requestId, operator, warn } = machine;
  const none = (): AppError =>
    new AppError('config', `There is no audit in ${data}. Ask something first, or name the data folder: --data <folder>`);
  if (!existsSync(data)) throw none(); // to open it would make it
  const folder = await openDataFolder(data, { uid });
  if (!existsSync(folder.ledger)) throw none();
  const keys = await openKeys({ folder, env, random });
  const ledger = openLedger({ path: folder.ledger, keys: keys.ledger, random });
  return {
    list: (limit) => ledger.list(limit),
    verify: async (anchorFile) => {
      if (anchorFile === undefined) return ledger.verify();
      const anchors = await readAnchors(anchorFile);
      if (anchors.length > 0) return ledger.verify(anchors);
      throw new AppError('invalid_input', `There is no anchor in ${anchorFile}. Name the right file: --anchor <file>`);
    },
    reveal: async (reason) => {
      const { config } = await openPlace({ config: path, data }, machine);
      const anchor = { path: config.audit.anchor ?? folder.anchor, every: config.audit.every };
      await using opened = new AsyncDisposableStack();
      const audit = opened.adopt(openAudit({ ledger, anchor, now, warn }), (one) => one.close());
      await audit.record({
        at: now(),
        request: requestId(),
        who: `os:${operator}`,
        client: 'cli',
        tool: 'audit list',
        arguments: { reveal: true, reason },
        documents: [],
        outcome: 'answered',
      });
    },
    verifyDecisions: async (options) => {
      const past = openPast(folder.index);
      try {
        return await verifyDecisions({ ...options, ledger, past });
      } finally {
        past.close();
      }
    },
    ...(existsSync(folder.anchor) ? { anchorFile: join(data, basename(folder.anchor)) } : {}),
    close: () => ledger.close(),
  };
};
