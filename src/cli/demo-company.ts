import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isSeq, parseDocument } from 'yaml';
import { z } from 'zod';

import { AppError } from '../core/errors.ts';
import { type DemoScript, readDemoScript } from './demo-script.ts';
import type { Place } from './parts.ts';

/** A copy of the made-up company that may be changed, and the place it is synced to. */
export interface DemoCompany extends Place {
  readonly folder: string;
  /** What is asked of it, and what must come of it. */
  readonly script: DemoScript;
  /** Takes a member out of a group, as an administrator would: one line of one file. */
  takeOut(group: string, member: string): Promise<void>;
  /** Gives a folder to others: one line of one file, however much lies below. Tells who had it before. */
  handOver(folder: string, to: readonly string[]): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** Copies the company into a fresh temporary folder. */
export const copyCompany = async (company: string, temporary: string): Promise<DemoCompany> => {
  const folder = await mkdtemp(join(temporary, 'castellan-demo-')).catch((cause: unknown) => {
    throw new AppError('config', `The demo needs a folder for temporary files, and cannot write to ${temporary}. Set TMPDIR.`, {
      cause,
    });
  });
  await cp(company, folder, { recursive: true });
  await makeWritable(folder); // the company may be installed where nothing may be changed
  return {
    folder,
    script: await readDemoScript(company),
    config: join(folder, 'castellan.yaml'),
    data: join(folder, '.castellan'),
    takeOut: (group, member) =>
      edit(join(folder, 'people.yaml'), (yaml) => {
        const members = yaml.getIn(['groups', group]);
        const at = isSeq(members) ? members.toJSON().indexOf(member) : -1;
        if (at < 0) throw new Error(`people.yaml has no ${member} in the group ${group}`);
        yaml.deleteIn(['groups', group, at]);
      }),
    handOver: async (below, to) => {
      const before: string[] = [];
      await edit(join(folder, 'handbook', below, '.acl.yaml'), (yaml) => {
        before.push(...allowSchema.parse(yaml.toJSON()).allow);
        yaml.setIn(['allow'], yaml.createNode(to));
      });
      return before;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};

const makeWritable = async (folder: string): Promise<void> => {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600);
  }
};

const allowSchema = z.looseObject({ allow: z.array(z.string()) });

const edit = async (path: string, change: (yaml: ReturnType<typeof parseDocument>) => void): Promise<void> => {
  const yaml = parseDocument(await readFile(path, 'utf8'));
  change(yaml);
  await writeFile(path, yaml.toString());
};
