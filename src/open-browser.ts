import { spawn } from 'node:child_process';

/** Shows an address in the browser of whoever sits here. Where there is none, or it does not start, nothing happens. */
export const openBrowser = (address: string): void => {
  const [program, ...words] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...words, address], { stdio: 'ignore', detached: true });
  child.once('error', () => undefined);
  child.unref();
};

/** No shell sees the address. */
const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
