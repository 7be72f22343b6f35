import { expect, test, vi } from 'vitest';

import { aConnection } from '../../support/a-listener.ts';
import { aDelivery } from '../../support/a-ringing-connector.ts';
import { aRingingPlace, type ARingingPlace, HOOK_KEY, NOTICES } from '../../support/a-ringing-place.ts';

vi.setConfig({ testTimeout: 60_000 }); // processes are started

/** An answer, but for what is of one request alone. */
const answered = async ({ origin }: ARingingPlace, path: string, request: RequestInit): Promise<unknown> => {
  const response = await fetch(`${origin}${path}`, request);
  const own = ['x-request-id', 'date'];
  const headers = [...response.headers].filter(([name]) => !own.includes(name));
  return { status: response.status, headers, body: await response.text() };
};

const rings = async ({ store }: ARingingPlace, source = 'board'): Promise<number> => (await store.rung(source))?.rings ?? 0;

test('a signed delivery is taken, once, however often it comes', async () => {
  const place = await aRingingPlace();
  const first = await answered(place, '/hooks/board', aDelivery('one', HOOK_KEY));
  expect(first).toMatchObject({ status: 202, body: '' });
  expect(await rings(place)).toBe(1);
  expect(await answered(place, '/hooks/board', aDelivery('one', HOOK_KEY))).toEqual(first);
  expect(await rings(place)).toBe(1);
  expect(await answered(place, '/hooks/board', aDelivery('two', HOOK_KEY))).toEqual(first);
  expect(await rings(place)).toBe(2);
});

test('whoever cannot sign is told the same wherever they knock, to the byte, and rings nowhere', async () => {
  const place = await aRingingPlace();
  const nothing = await answered(place, '/nothing', aDelivery('one', HOOK_KEY));
  expect(nothing).toMatchObject({ status: 404 });
  const signed = aDelivery('one', HOOK_KEY);
  const attempts: [string, RequestInit][] = [
    ['board', aDelivery('one', 'another key')],
    ['board', { method: 'POST', body: 'unsigned' }],
    ['board', { ...signed, body: '{"changed":"otherwise"}' }],
    ['board', { ...signed, headers: { 'x-board-signature': signed.headers['x-board-signature'] ?? '' } }],
    ['board', aDelivery('stumble', HOOK_KEY)], // what its connector cannot read
    ['board', { ...signed, method: 'PUT' }],
    ['board', { method: 'GET' }],
    ['silent', signed], // configured, without a hook
    ['nowhere', signed],
    ['', signed],
    ['board/more', signed],
    ['BOARD', signed],
    ['board%00', signed],
  ];
  for (const [name, request] of attempts) {
    expect([name, await answered(place, `/hooks/${name}`, request)]).toEqual([name, nothing]);
  }
  expect(await rings(place)).toBe(0);
  expect(place.logged().join('')).not.toContain('board'); // no name of a source in a line
});

test('what is too large is refused alike for every source, signed or not, before it is looked at', async () => {
  const place = await aRingingPlace();
  const large = 'x'.repeat(1_048_577);
  const refused = await answered(place, '/hooks/board', aDelivery('one', HOOK_KEY, large));
  expect(refused).toMatchObject({ status: 413 });
  for (const name of ['silent', 'nowhere']) {
    expect(await answered(place, `/hooks/${name}`, aDelivery('one', HOOK_KEY, large))).toEqual(refused);
  }
  const largest = 'x'.repeat(1_048_576);
  expect(await answered(place, '/hooks/board', aDelivery('one', HOOK_KEY, largest))).toMatchObject({ status: 202 });
});

test('one that is sent again under other ids is taken, and rings no more for now', async () => {
  const place = await aRingingPlace();
  const seen = aDelivery('one', HOOK_KEY);
  for (const id of ['one', 'another', 'and another']) {
    const again = { ...seen, headers: { ...seen.headers, 'x-board-delivery': id } };
    expect(await answered(place, '/hooks/board', again)).toMatchObject({ status: 202 });
  }
  expect(await rings(place)).toBe(1);
  expect(await answered(place, '/hooks/board', aDelivery('two', HOOK_KEY))).toMatchObject({ status: 202 });
  expect(await rings(place)).toBe(2);
});

test('those who send slowly make room, the longest first, for whoever sends at once', async () => {
  const place = await aRingingPlace();
  const { host, port } = new URL(place.origin);
  const slow = Array.from({ length: 64 }, () => {
    const connection = aConnection(Number(port));
    connection.socket.write(`POST /hooks/board HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 90\r\n\r\nslow`);
    return connection;
  });
  const [first] = slow;
  let sent = 0;
  await vi.waitFor(
    async () => {
      sent += 1;
      expect(await answered(place, '/hooks/board', aDelivery(`at once ${sent}`, HOOK_KEY))).toMatchObject({ status: 202 });
      expect(place.logged().join('')).toContain('delivery too slow');
    },
    { timeout: 20_000, interval: 50 },
  );
  await first?.ended;
  expect(await rings(place)).toBe(sent);
  for (const { socket } of slow) socket.destroy();
});

test('one that never ends its body is cut, and others are taken meanwhile', async () => {
  const place = await aRingingPlace({ patience: { head: 500, request: 1_000, idle: 5_000, silence: 5_000 } });
  const { socket, ended } = aConnection(Number(new URL(place.origin).port));
  socket.write(`POST /hooks/board HTTP/1.1\r\nhost: ${new URL(place.origin).host}\r\ncontent-length: 90\r\n\r\nslow`);
  expect(await answered(place, '/hooks/board', aDelivery('one', HOOK_KEY))).toMatchObject({ status: 202 });
  await ended;
  expect(await rings(place)).toBe(1);
});

test('whoever keeps trying is stopped, for every source alike, and what is signed is taken from there all the same', async () => {
  const place = await aRingingPlace();
  const bad = aDelivery('one', 'another key');
  let statuses: number[] = [];
  await vi.waitFor(
    async () => {
      const many = await Promise.all(Array.from({ length: 30 }, () => fetch(`${place.origin}/hooks/board`, bad)));
      statuses = many.map(({ status }) => status);
      expect(statuses).toContain(429);
    },
    { timeout: 20_000, interval: 1 },
  );
  expect(new Set(statuses).isSubsetOf(new Set([404, 429]))).toBe(true);
  const elsewhere = await Promise.all(Array.from({ length: 60 }, () => fetch(`${place.origin}/hooks/nowhere`, bad)));
  expect(elsewhere.map(({ status }) => status)).toContain(429);
  const mixed = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      fetch(`${place.origin}/hooks/board`, index % 2 === 0 ? bad : aDelivery(`among them ${index}`, HOOK_KEY)),
    ),
  );
  expect(new Set(mixed.filter((_, index) => index % 2 === 1).map(({ status }) => status))).toEqual(new Set([202]));
  expect(await rings(place)).toBeGreaterThan(0);
});

test('a page of a stranger, and a name that is not ours, are refused as everywhere', async () => {
  const place = await aRingingPlace();
  const signed = aDelivery('one', HOOK_KEY);
  const elsewhere = { ...signed, headers: { ...signed.headers, origin: 'https://evil.test' } };
  expect(await answered(place, '/hooks/board', elsewhere)).toMatchObject({ status: 403 });
  expect(await answered(place, '/hooks/nowhere', elsewhere)).toEqual(await answered(place, '/hooks/board', elsewhere));
  expect(await rings(place)).toBe(0);
});

test('a delivery leads to a run in the process that follows, a thousand to few, and a repeated one to none', async () => {
  const place = await aRingingPlace();
  const { runs, stop } = place.follow();
  await vi.waitUntil(() => runs.length > 0, { timeout: 30_000 });
  expect(runs).toMatchObject([{ source: 'board', status: 'complete', changed: 1 }]);
  await place.write({ ...NOTICES, notices: { spring: 'We move in summer.', more: 'More.' } });
  await fetch(`${place.origin}/hooks/board`, aDelivery('one', HOOK_KEY));
  await vi.waitUntil(() => runs.length > 1, { timeout: 15_000 });
  expect(runs[1]).toMatchObject({ status: 'complete', changed: 2 });
  await fetch(`${place.origin}/hooks/board`, aDelivery('one', HOOK_KEY));
  for (let sent = 0; sent < 1_000; sent += 50) {
    const ids = Array.from({ length: 50 }, (_, number) => `many ${sent + number}`);
    const answers = await Promise.all(ids.map((id) => fetch(`${place.origin}/hooks/board`, aDelivery(id, HOOK_KEY))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  }
  await vi.waitUntil(() => runs.length > 2, { timeout: 15_000 });
  const { rings: heard = 0 } = (await place.store.rung('board')) ?? {};
  expect(heard).toBeLessThan(100); // few commits
  expect(runs.length).toBeLessThan(2 + 10);
  expect(await stop()).toEqual([0, null]);
});
