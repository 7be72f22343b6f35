import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { castellan, type CommandOptions, type Ended } from './a-command.ts';
import { type JsonLine, jsonLines } from './json-lines.ts';

/** A configuration with one source of lines, and a data folder, as somebody would have them. */
export interface APlace {
  readonly folder: string;
  readonly config: string;
  readonly data: string;
  /** The file of the source. */
  readonly lines: string;
  write(lines: readonly JsonLine[] | string | Uint8Array): Promise<void>;
  append(lines: readonly JsonLine[] | string): Promise<void>;
  configure(text: string): Promise<void>;
  /** A command line, here. */
  run(argv: readonly string[], options?: CommandOptions): Promise<Ended>;
  remove(): Promise<void>;
}

/** What a configuration needs before its sources. */
export const ORGANISATION = 'organisation: { name: Acme, domains: [acme.test] }\n';

/** One source of lines; vectors only where a test is about them. */
const configuration = (provider: 'local' | 'none'): string =>
  `${ORGANISATION}sources: { wiki: { connector: jsonl, path: ./wiki.jsonl } }\nembedding: { provider: ${provider} }\n`;

/** Makes a place with these lines. */
export const aPlace = async (
  lines: readonly JsonLine[] | string | Uint8Array,
  { provider = 'none' }: { readonly provider?: 'local' | 'none' } = {},
): Promise<APlace> => {
  const folder = await mkdtemp(join(tmpdir(), 'castellan-place-'));
  const place: APlace = {
    folder,
    config: join(folder, 'castellan.yaml'),
    data: join(folder, 'data'),
    lines: join(folder, 'wiki.jsonl'),
    write: (written) => writeFile(place.lines, isLines(written) ? jsonLines(written) : written),
    append: (written) => appendFile(place.lines, isLines(written) ? jsonLines(written) : written),
    configure: (text) => writeFile(place.config, text),
    run: (argv, options = {}) =>
      castellan([...argv, '--config', 'castellan.yaml', '--data', 'data'], { cwd: folder, ...options }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  await place.configure(configuration(provider));
  await place.write(lines);
  return place;
};

/** Syncs a place whose source has nothing wrong. */
export const synced = async (place: APlace): Promise<APlace> => {
  const { code, stdout, stderr } = await place.run(['sync']);
  if (code !== 0) throw new Error(`the sync ended with ${code}: ${stdout}${stderr}`);
  return place;
};

const isLines = (written: readonly JsonLine[] | string | Uint8Array): written is readonly JsonLine[] => Array.isArray(written);

/** Somebody of the company, in the form of a line. */
export const accountLine = (name: string, given: JsonLine = {}): JsonLine => ({
  type: 'account',
  id: name,
  emails: [`${name}@acme.test`],
  active: true,
  kind: 'member',
  ...given,
});

/** These lines as all that the source holds. */
export const whole = (lines: readonly JsonLine[]): JsonLine[] => [{ type: 'listing' }, ...lines, { type: 'complete' }];
