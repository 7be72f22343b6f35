/** Whether a path is one of a pattern: `*` and `?` stand within a name, `**` for any folders. Takes time in proportion to both. */
export const matchesGlob = (pattern: string, path: string): boolean => {
  const wanted = pattern.split('/');
  const names = path.split('/');
  // reached[i]: the first i parts of the pattern stand for the names so far
  let reached = opened(
    wanted.map((_, index) => index === 0),
    wanted,
  );
  for (const name of names) {
    const next = Array.from({ length: wanted.length + 1 }, () => false);
    for (const [index, part] of wanted.entries()) {
      if (!reached[index]) continue;
      if (part === '**') next[index] = true;
      else if (matchesName(part, name)) next[index + 1] = true;
    }
    reached = opened(next, wanted);
  }
  return reached[wanted.length] === true;
};

/** `**` may stand for no folder at all. */
const opened = (reached: readonly boolean[], wanted: readonly string[]): boolean[] => {
  const all = [...reached];
  for (const [index, part] of wanted.entries()) if (part === '**' && all[index]) all[index + 1] = true;
  return all;
};

/** Goes back to the last star alone, which is enough. */
const matchesName = (pattern: string, name: string): boolean => {
  let at = 0;
  let star = -1;
  let from = 0;
  for (let index = 0; index < name.length;) {
    if (pattern[at] === '*') {
      star = at;
      from = index;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      from += 1;
      index = from;
      at = star + 1;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
};
