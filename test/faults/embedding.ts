import type { Fault, NamedTest } from './fault.ts';

const takingOver = (test: string): NamedTest => ({ file: 'test/reader/another-model.test.ts', test });
const service = (test: string): NamedTest => ({ file: 'test/embed/service.test.ts', test });

/** Models that follow one another, and texts that leave this machine. */
export const EMBEDDING: readonly Fault[] = [
  {
    name: 'hidden passages decide which model answers',
    file: 'src/store/sqlite/snapshot.ts',
    find: `    FROM temp.visible_chunk AS visible
    CROSS JOIN vector ON vector.chunk = visible.chunk AND vector.model <> :model`,
    plant: `    FROM (SELECT id AS chunk, :snapshot AS snapshot FROM chunk) AS visible
    CROSS JOIN vector ON vector.chunk = visible.chunk AND vector.model <> :model`,
    caughtBy: takingOver('what somebody may not see has no say in which model answers them'),
  },
  {
    name: 'the former vector is overwritten',
    file: 'src/store/sqlite/writing/vectors.ts',
    find: `(otherModel.get(made) === undefined ? putNow : putComing)`,
    plant: `(otherModel.get(made) === undefined ? putNow : putNow)`,
    caughtBy: takingOver('the former one answers, until every passage has a vector of the new one, and then the new one at once'),
  },
  {
    name: 'what has come takes over while others wait',
    file: 'src/store/sqlite/writing/vectors.ts',
    find: ` || queuedUpTo.get(1) !== 0 || foreignExists.get({ model })`,
    plant: ``,
    caughtBy: takingOver('the former one answers, until every passage has a vector of the new one, and then the new one at once'),
  },
  {
    name: 'what has come is thrown away',
    file: 'src/store/sqlite/writing/vectors.ts',
    find: `      come.run({ model, limit: MOVED });`,
    plant: ``,
    caughtBy: takingOver('once it has taken over, nothing of the former is left'),
  },
  {
    name: 'an unchanged text loses the vector that has come',
    file: 'src/store/sqlite/writing/texts.ts',
    find: `if (coming) insertComing`,
    plant: `if (false) insertComing`,
    caughtBy: takingOver('an unchanged piece of a changed text keeps both vectors'),
  },
  {
    name: 'vectors in the order of the reply',
    file: 'src/embed/service.ts',
    find: `parsed.data.data.map(({ index, embedding }) => [index, embedding])`,
    plant: `parsed.data.data.map(({ embedding }, index) => [index, embedding])`,
    caughtBy: service('gives unit vectors, several in one call and in the order of their texts'),
  },
  {
    name: 'a vector of any length is stored',
    file: 'src/embed/service.ts',
    find: `numbers.length !== dimensions`,
    plant: `numbers.length === 0`,
    caughtBy: service('that answers with %s is told, and stores nothing'),
  },
  {
    name: 'another model behind the same name is mixed in',
    file: 'src/embed/service.ts',
    find: `if (!(await probes.isSame(fingerprint, vector))) throw another(model);`,
    plant: `await probes.isSame(fingerprint, vector);`,
    caughtBy: service('is found out by whoever opens it next, whatever it calls it, and gives no vector'),
  },
  {
    name: 'a model that is exchanged in the middle of a run is not looked at',
    file: 'src/embed/service.ts',
    find: `if (!proven || proven.named !== answered.named)`,
    plant: `if (!proven)`,
    caughtBy: service('is found out in the middle of a run, where its replies call it otherwise'),
  },
];
