import type { Fault, NamedTest } from './fault.ts';

const apart = (test: string): NamedTest => ({ file: 'test/ingest/apart.test.ts', test });
const hooks = (test: string): NamedTest => ({ file: 'test/server/http/hooks.test.ts', test });
const follow = (test: string): NamedTest => ({ file: 'test/cli/follow-schedule.test.ts', test });

/** Mistakes about when a source is read, what a run may confirm, and who may hasten one. */
export const SCHEDULING: readonly Fault[] = [
  {
    name: 'a run for permissions alone confirms contents',
    file: 'src/store/sqlite/writing/source-writer.ts',
    find: `contentsAt: due.content ? at : null`,
    plant: `contentsAt: at`,
    caughtBy: apart('a run for permissions alone confirms no content, whatever it says'),
  },
  {
    name: 'a run for contents alone confirms permissions',
    file: 'src/store/sqlite/writing/source-writer.ts',
    find: `permissionsAt: due.permissions ? at : null`,
    plant: `permissionsAt: at`,
    caughtBy: apart('a run for contents alone confirms no permissions that come with them'),
  },
  {
    name: 'a cursor moves past contents that were not brought',
    file: 'src/ingest/batch.ts',
    find: `      if (write.type === 'checkpoint' && passedOver) continue;\n`,
    plant: '',
    caughtBy: apart('no cursor moves past contents that a run for permissions did not bring'),
  },
  {
    name: 'a cursor moves past contents that could not be read',
    file: 'src/ingest/batch.ts',
    find: `      passedOver ||= error instanceof AppError && ERRORS[error.code].retry;\n`,
    plant: '',
    caughtBy: apart('no cursor moves past contents that cannot be read now, and one does past those that never will be'),
  },
  {
    name: 'a new document is read by a run for permissions alone',
    file: 'src/ingest/batch.ts',
    find: `if (!preparing.due.content) {`,
    plant: `if (!preparing.due.content && stored) {`,
    caughtBy: apart('a run for permissions alone reads no body, and still moves permissions, labels and place'),
  },
  {
    name: 'what was lost counts as brought whole',
    file: 'src/ingest/runner.ts',
    find: `whole: !intake.lost`,
    plant: `whole: true`,
    caughtBy: apart('each kind was last brought whole by a run that was to bring it and lost nothing'),
  },
  {
    name: 'a source may ask to be left alone for ever',
    file: 'src/ingest/runner.ts',
    find: `Math.min(cause.retryAt, now + RETRY_LATEST)`,
    plant: `cause.retryAt`,
    caughtBy: apart('when a source asked to be left alone is remembered, until it answers again, and not for ever'),
  },
  {
    name: 'all is listed once and never again',
    file: 'src/core/schedule.ts',
    find: ` || (asked !== 'permissions' && isDue('listing'))`,
    plant: '',
    caughtBy: { file: 'test/core/schedule.test.ts', test: 'where %s, a run brings what is due' },
  },
  {
    name: 'a source that asked for quiet is asked when something rings',
    file: 'src/cli/follow-source.ts',
    find: `    if (quiet > now()) {\n      await`,
    plant: `    if (quiet < 0) {\n      await`,
    caughtBy: follow('a source that asked for quiet is not asked before, whatever rings, and soon after'),
  },
  {
    name: 'a change whose run failed waits until contents come due',
    file: 'src/cli/follow-source.ts',
    find: `rings: failures > 0 ? before.rings : read.rings`,
    plant: `rings: read.rings`,
    caughtBy: follow('a change whose run failed is asked for again, and not only what is due then'),
  },
  {
    name: 'a run of another process for permissions alone counts as having read a change',
    file: 'src/cli/follow-source.ts',
    find: ` && alone === undefined`,
    plant: '',
    caughtBy: follow('a run of another process that brought permissions alone has read no change'),
  },
  {
    name: 'a run that only asks is taken for one that hangs',
    file: 'src/ingest/runner.ts',
    find: `.finally(dog.alive)`,
    plant: '',
    caughtBy: {
      file: 'test/ingest/watchdog.test.ts',
      test: 'a run that goes on is never cut, however long it takes, by what it says or by what it asks',
    },
  },
  {
    name: 'a delivery that nobody signed is taken',
    file: 'src/server/http/hook-route.ts',
    find: `const id = verified(verify, { headers: request.headers, body }, new Date(now()));`,
    plant: `const id = verified(verify, { headers: request.headers, body }, new Date(now())) ?? (hooks.has(name) ? name : undefined);`,
    caughtBy: hooks('whoever cannot sign is told the same wherever they knock, to the byte, and rings nowhere'),
  },
  {
    name: 'a repeated delivery rings again',
    file: 'src/store/sqlite/writing/hooks.ts',
    find: `.changes > 0`,
    plant: `.changes >= 0`,
    caughtBy: {
      file: 'test/store/sqlite/hooks.test.ts',
      test: 'an id that came within a day rings no more, whatever its body',
    },
  },
  {
    name: 'what somebody saw once rings under any id',
    file: 'src/store/sqlite/writing/hooks.ts',
    find: `Math.abs(taken - last) >= AGAIN_MS`,
    plant: `Math.abs(taken - last) >= 0`,
    caughtBy: {
      file: 'test/store/sqlite/hooks.test.ts',
      test: 'a body that comes again under another id rings once more, when a minute is over',
    },
  },
  {
    name: 'a body that came twice within a minute is forgotten',
    file: 'src/store/sqlite/writing/hooks.ts',
    find: `    take.run(laterOf(source), body, last + AGAIN_MS);\n`,
    plant: '',
    caughtBy: {
      file: 'test/store/sqlite/hooks.test.ts',
      test: 'a body that comes again under another id rings once more, when a minute is over',
    },
  },
  {
    name: 'what is not signed keeps out what is',
    file: 'src/server/http/hook-route.ts',
    find: `    const body = await readers.read(request);\n`,
    plant: `    if (brake.take(from) > 0) return refuse(braked(1), 'too many bad deliveries');\n    const body = await readers.read(request);\n`,
    caughtBy: hooks(
      'whoever keeps trying is stopped, for every source alike, and what is signed is taken from there all the same',
    ),
  },
  {
    name: 'whoever sends slowly keeps the others out',
    file: 'src/server/http/hook-route.ts',
    find: `        longest('no room');\n`,
    plant: `        return 'no room';\n`,
    caughtBy: hooks('those who send slowly make room, the longest first, for whoever sends at once'),
  },
  {
    name: 'a bad signature is told apart from a source that is not there',
    file: 'src/server/http/hook-route.ts',
    find: `return refuseBad(nothing, 'bad delivery');`,
    plant: `return refuseBad(hooks.has(name) ? { ...nothing, message: 'The signature is not good.' } : nothing, 'bad delivery');`,
    caughtBy: hooks('whoever cannot sign is told the same wherever they knock, to the byte, and rings nowhere'),
  },
  {
    name: 'a connector that stumbles over a delivery tells that its source is there',
    file: 'src/server/http/hook-route.ts',
    find: `  } catch {\n    return undefined;`,
    plant: `  } catch (error) {\n    throw error;`,
    caughtBy: hooks('whoever cannot sign is told the same wherever they knock, to the byte, and rings nowhere'),
  },
  {
    name: 'a delivery may be of any size',
    file: 'src/server/http/hook-route.ts',
    find: `readBody(request, BODY_MAX)`,
    plant: `readBody(request, BODY_MAX * 1024)`,
    caughtBy: hooks('what is too large is refused alike for every source, signed or not, before it is looked at'),
  },
];
