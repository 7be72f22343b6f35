/** Numbers by the id of a row; it grows, and what was never written is 0. */
export interface Column<Values extends Numbers> {
  /** Taken anew after every growth. */
  values: Values;
}

type Numbers = Uint8Array | Uint32Array | Float64Array;

/** A row with an id beyond this is none that we wrote; 2^27 rows are more than one machine is for. */
const ROWS_MAX = 2 ** 27;
const FIRST = 1024;

/** A small number for each row. */
export const bytes = (): Column<Uint8Array> => ({ values: new Uint8Array(FIRST) });
/** An id, a count or a place for each row. */
export const ids = (): Column<Uint32Array> => ({ values: new Uint32Array(FIRST) });
/** A time for each row. */
export const times = (): Column<Float64Array> => ({ values: new Float64Array(FIRST) });

/** Makes room for a row in all of these; what they hold stays. */
export const makeRoom = (row: number, ...columns: readonly Column<Numbers>[]): void => {
  if (!Number.isInteger(row) || row < 0 || row >= ROWS_MAX) throw new RangeError(`there is no row ${row}`);
  for (const column of columns) {
    const { values } = column;
    if (row < values.length) continue;
    const length = Math.max(row + 1, Math.ceil(values.length * GROWTH));
    const grown =
      values instanceof Float64Array
        ? new Float64Array(length)
        : values instanceof Uint8Array
          ? new Uint8Array(length)
          : new Uint32Array(length);
    grown.set(values);
    column.values = grown;
  }
};

/** Half as much again: a row is copied three times on average, and at most a third of the room is unused. */
const GROWTH = 1.5;

/** A list of numbers that grows. */
export interface List {
  readonly items: Column<Uint32Array>;
  length: number;
}

/** An empty list. */
export const list = (): List => ({ items: ids(), length: 0 });

/** Adds to the end of a list. */
export const push = (to: List, item: number): void => {
  makeRoom(to.length, to.items);
  to.items.values[to.length++] = item;
};
