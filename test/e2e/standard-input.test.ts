import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { connectors } from '../../connectors/index.ts';
import { loadConfig } from '../../src/config/config.ts';
import { AppError } from '../../src/core/errors.ts';
import { withStandardInput } from '../../src/standard-input.ts';
import { environment, LAUNCHER } from '../support/a-command.ts';
import { aFolder } from '../support/a-folder.ts';
import { accountLine, type APlace, aPlace, ORGANISATION, whole } from '../support/a-place.ts';
import { documentLine, jsonLines } from '../support/json-lines.ts';

vi.setConfig({ testTimeout: 60_000 }); // the program is started several times

const CONFIG = `${ORGANISATION}sources: { wiki: { connector: jsonl, path: '-' } }\nembedding: { provider: none }\n`;

/** A place whose one source is piped in. */
const aPipedPlace = async (): Promise<APlace> => {
  const place = await aPlace([]);
  onTestFinished(() => place.remove());
  await place.configure(CONFIG);
  return place;
};

/** Syncs what is written to its standard input. */
const pipe = async (place: APlace, input: string, argv: readonly string[] = ['sync', '--json']) => {
  const child = spawn(process.execPath, [LAUNCHER, ...argv, '--config', place.config, '--data', place.data], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment(),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined).end(input);
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
};

const LINES = whole([
  accountLine('ada'),
  documentLine({ key: 'plan' }),
  documentLine({ key: 'party', title: 'Party', text: 'We dance.' }),
]);

describe('what is piped in', () => {
  test('is the whole source: what it does not name is deleted, and no copy of it stays', async () => {
    const place = await aPipedPlace();
    await pipe(place, jsonLines(LINES));
    const { code, stdout } = await pipe(place, jsonLines(LINES.filter(({ key }) => key !== 'party')));
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { sources: [{ status: 'complete', deleted: 1, documents: 1 }] }]);
    expect((await readdir(place.data)).filter((name) => name.startsWith('stdin'))).toEqual([]);
  });

  test('changes nothing where its writer died', async () => {
    const place = await aPipedPlace();
    await pipe(place, jsonLines(LINES));
    const { code, stdout } = await pipe(place, jsonLines(LINES.slice(0, 2)));
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { sources: [{ status: 'failed', deleted: 0, documents: 2 }] }]);
  });

  test('cannot be watched', async () => {
    const place = await aPipedPlace();
    const sentence = 'wiki is read from standard input, once, and cannot be watched. Leave it out.\n';
    expect(await pipe(place, jsonLines(LINES), ['sync', '--watch', 'wiki'])).toMatchObject({ code: 2, stderr: sentence });
    const nothing = 'There is no source to watch: what is read from standard input is read once.\n';
    expect(await pipe(place, jsonLines(LINES), ['sync', '--watch'])).toMatchObject({ code: 0, stderr: nothing });
  });

  test('is for one source alone', async () => {
    const place = await aPipedPlace();
    await place.configure(CONFIG.replace('sources: {', "sources: { tickets: { connector: jsonl, path: '-' },"));
    await expect(loadConfig({ path: place.config, env: {}, connectors })).rejects.toMatchObject({
      code: 'config',
      message:
        'castellan.yaml: sources.tickets and sources.wiki are both read from standard input, and only one can be. ' +
        'Give the other a file.',
    });
  });
});

const given = (stdin: Readable, folder: string) => ({ stdin, folder, source: 'wiki', signal: new AbortController().signal });
const read = (path: string): Promise<string> => Promise.resolve(path);

describe('standard input as a file', () => {
  test('is not read from a terminal', async () => {
    const terminal = Object.assign(Readable.from([]), { isTTY: true });
    await expect(withStandardInput(given(terminal, await aFolder()), read)).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'sources.wiki is read from standard input, and that is a terminal. Pipe its lines in: … | castellan sync wiki',
    });
  });

  test('is gone when it is too large, when its reader fails, and when it was left by a process that is dead', async () => {
    const folder = await aFolder();
    await writeFile(join(folder, 'stdin-4194305.jsonl'), 'left'); // beyond the largest id a process gets
    const large = withStandardInput({ ...given(Readable.from([Buffer.alloc(11)]), folder), bytesMax: 10 }, read);
    await expect(large).rejects.toMatchObject({ code: 'too_large' });
    const failing = withStandardInput(given(Readable.from([Buffer.alloc(11)]), folder), () => {
      throw new AppError('source_rejected', 'no');
    });
    await expect(failing).rejects.toMatchObject({ code: 'source_rejected' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('is nothing where whoever writes it fails, or the reading is called off', async () => {
    const folder = await aFolder();
    const broken = new Readable({ read: () => broken.destroy(new Error('the pipe broke')) });
    await expect(withStandardInput(given(broken, folder), read)).rejects.toMatchObject({ code: 'unavailable' });
    const aborted = { ...given(new Readable({ read: () => undefined }), folder), signal: AbortSignal.abort() };
    await expect(withStandardInput(aborted, read)).rejects.toThrow('aborted');
    expect(await readdir(folder)).toEqual([]);
  });
});
