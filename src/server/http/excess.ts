export interface ShapeLimits {
  /** How deep a value may lie. */
  readonly levels: number;
  /** How many values there may be. */
  readonly values: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** What is too much in this JSON, if anything: read once from left to right, before anything is built from it. */
export const excessIn = (json: Uint8Array, { levels, values }: ShapeLimits): keyof ShapeLimits | undefined => {
  let depth = 0;
  let count = 1; // every list and object may hold one, and every comma is before another
  let quoted = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === COMMA) count += 1;
    else if (OPENING.has(byte)) {
      depth += 1;
      count += 1;
      if (depth > levels) return 'levels';
    } else if (CLOSING.has(byte)) depth -= 1;
    if (count > values) return 'values';
  }
  return undefined;
};
