/** One entry of a tree of git. */
export interface TreeEntry {
  /** As git writes it: `40000` is a folder, `120000` a link, `160000` another repository, all else a file. */
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

/** Bytes of the name of what an entry leads to. */
const OID = 20;

/**
 * Reads a tree: each entry is its mode, a space, its name, a zero byte and what it leads to. Any name is one that git lets somebody
 * write, such as one with a backslash; throws for what no git server takes, and for half a tree.
 */
export const treeEntries = (tree: Uint8Array): readonly TreeEntry[] => {
  const bytes = Buffer.from(tree.buffer, tree.byteOffset, tree.byteLength);
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const space = bytes.indexOf(0x20, at);
    const zero = bytes.indexOf(0, space);
    const end = zero + 1 + OID;
    const mode = bytes.toString('latin1', at, space);
    const name = bytes.toString('utf8', space + 1, zero);
    if (space < at || zero < space || end > bytes.byteLength || !/^[0-7]{5,6}$/u.test(mode) || !/^(?!\.{1,2}$)[^/]+$/u.test(name))
      throw new RangeError('this is no tree');
    entries.push({ mode, name, oid: bytes.toString('hex', zero + 1, end) });
    at = end;
  }
  return entries;
};
