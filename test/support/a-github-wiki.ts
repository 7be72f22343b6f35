import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Reply } from './github-lists.ts';
import { maySee, type RepositoryFacts, type WorldFacts } from './github-world.ts';

/** Whether this machine has git with its HTTP backend, which is what serves wikis here. */
export const HAS_GIT = ((): boolean => {
  try {
    return existsSync(join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend'));
  } catch {
    return false;
  }
})();

/** A call for a wiki. */
interface WikiCall {
  readonly method: string;
  /** With its query. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** The wikis of a GitHub: bare repositories of the real git, behind a front that lets in whom GitHub lets in. */
export interface GitHubWikis {
  /** One commit: each path with its new text, or gone where that is undefined. `at`: what it says of its time, in seconds since 1970. */
  commit(repository: number, pages: Readonly<Record<string, string | Buffer | undefined>>, at?: bigint): Promise<void>;
  /** Answers a call for a wiki; undefined for any other. */
  answer(call: WikiCall): Promise<Reply | undefined>;
  /** Of the last commit. */
  head(repository: number): string;
  remove(): Promise<void>;
}

/** The clock of commits begins here, in seconds since 1970. */
const BEGINNING = Date.parse('2026-02-01T00:00:00Z') / 1000;

export const gitHubWikis = (world: WorldFacts, base: () => string): GitHubWikis => {
  let folder: Promise<string> | undefined;
  const wikis = new Map<number, string>();
  let commits = 0;
  const made = async (id: number): Promise<string> => {
    folder ??= mkdtemp(join(tmpdir(), 'castellan-wikis-'));
    const root = await folder;
    const known = wikis.get(id);
    if (known !== undefined) return known;
    const wiki = join(root, `${id}.git`);
    await git(['init', '--quiet', '--bare', '--initial-branch=master', wiki]);
    wikis.set(id, wiki);
    return wiki;
  };
  return {
    async commit(id, pages, at) {
      const isNew = !wikis.has(id);
      const wiki = await made(id);
      commits += 1;
      await git(['-C', wiki, 'fast-import', '--quiet', '--force'], importOf(pages, at ?? BEGINNING + commits, isNew));
    },
    async answer(call) {
      const [, owner = '', name = '', service = ''] = CALL.exec(call.url.pathname) ?? [];
      if (service === '') return undefined;
      const login = loginOf(String(call.headers['authorization'] ?? ''));
      if (login === undefined || !world.users.has(login)) return UNKNOWN;
      const repository = [...world.repositories.values()].find((one) => one.owner === owner && one.name === name);
      const moved = world.repositories.get(world.moved.get(`${owner}/${name}`) ?? 0);
      if (!repository && moved && maySee(world, login, moved)) {
        return { status: 301, body: '', headers: { location: `${base()}/${moved.owner}/${moved.name}.wiki.git/${service}` } };
      }
      const wiki = wikiOf(repository, login);
      return wiki === undefined ? NOT_FOUND : served(wiki, service, call);
    },
    head: (id) => execFileSync('git', ['-C', wikis.get(id) ?? '', 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
    async remove() {
      if (folder) await rm(await folder, { recursive: true, force: true });
    },
  };

  function wikiOf(repository: RepositoryFacts | undefined, login: string): string | undefined {
    return repository && maySee(world, login, repository) ? wikis.get(repository.id) : undefined;
  }
};

const CALL = /^\/([^/]+)\/([^/]+)\.wiki\.git\/(info\/refs|git-upload-pack)$/u;
const UNKNOWN: Reply = { status: 401, body: '', headers: { 'www-authenticate': 'Basic realm="GitHub"' } };
const NOT_FOUND: Reply = { status: 404, body: 'Repository not found.', headers: { 'content-type': 'text/plain' } };

/** Git takes a token as a password alone: any other way to show it is none. */
const loginOf = (authorization: string): string | undefined => {
  const [, encoded = ''] = /^Basic (\S+)$/u.exec(authorization) ?? [];
  return /^x-access-token:(\w+)-token$/u.exec(Buffer.from(encoded, 'base64').toString())?.[1];
};

const counted = (text: string | Buffer): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(`data ${bytes.byteLength}\n`), bytes, Buffer.from('\n')]);
};

/** What `git fast-import` reads: one commit upon the last one. */
const importOf = (pages: Readonly<Record<string, string | Buffer | undefined>>, at: number | bigint, isNew: boolean): Buffer => {
  return Buffer.concat([
    Buffer.from(`commit refs/heads/master\ncommitter Ada <ada@acme.test> ${at} +0000\n`),
    counted('write'),
    Buffer.from(isNew ? '' : 'from refs/heads/master^0\n'),
    ...Object.entries(pages).map(([path, text]) =>
      text === undefined
        ? Buffer.from(`D ${JSON.stringify(path)}\n`)
        : Buffer.concat([Buffer.from(`M 100644 inline ${JSON.stringify(path)}\n`), counted(text)]),
    ),
  ]);
};

/** By the program that serves git over HTTP, as a web server would run it (CGI, RFC 3875). */
const served = async (wiki: string, service: string, { method, url, headers, body }: WikiCall): Promise<Reply> => {
  const written = await git(['http-backend'], body, {
    GIT_PROJECT_ROOT: wiki,
    PATH_INFO: `/${service}`,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: method,
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: String(headers['content-type'] ?? ''),
    CONTENT_LENGTH: String(body.byteLength),
    REMOTE_ADDR: '127.0.0.1',
  });
  const end = written.indexOf('\r\n\r\n');
  const lines = written.subarray(0, end).toString().split('\r\n');
  const own = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const { status = '200', ...rest } = own;
  return { status: Number.parseInt(status, 10), headers: rest, body: written.subarray(end + 4) };
};

/** Runs git, without whatever this machine or this person configured for it. */
const git = (
  args: readonly string[],
  input: Buffer = Buffer.alloc(0),
  env: Readonly<Record<string, string>> = {},
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const clean = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
    const child = spawn('git', args, { env: { ...clean, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => complaints.push(piece));
    child.on('error', reject);
    child.stdin.on('error', () => undefined); // it ended without reading all, which its status says
    child.on('close', (code) =>
      code === 0
        ? resolve(Buffer.concat(out))
        : reject(new Error(`git ${args.join(' ')}: ${Buffer.concat(complaints).toString()}`)),
    );
    child.stdin.end(input);
  });
