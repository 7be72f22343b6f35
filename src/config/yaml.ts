import { LineCounter, parseDocument } from 'yaml';

import { AppError } from '../core/errors.ts';

/** An alias repeats what its anchor names; the bound keeps a few lines from growing into gigabytes. */
const ALIASES_MAX = 100;

/** Parses YAML 1.2 into plain values. Strict: one document, no key twice, no tags. `file` is what messages call it. */
export const parseYaml = (text: string, file: string): unknown => {
  const lines = new LineCounter();
  const document = parse(text, file, lines);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const { line } = lines.linePos(problem.pos[0]);
    throw new AppError(
      'config',
      `${file}, line ${line}: ${explain(problem.code, problem.message, text.split('\n')[line - 1] ?? '')}`,
    );
  }
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    throw new AppError('config', `${file}: an alias names nothing, or they repeat too much. Write the values out instead.`, {
      cause,
    });
  }
};

const parse = (text: string, file: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> => {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true, resolveKnownTags: false });
  } catch (cause) {
    throw new AppError('config', `${file} cannot be read as YAML: it is nested too deeply. Write it flatter.`, { cause });
  }
};

const explain = (code: string, message: string, line: string): string => {
  if (code === 'DUPLICATE_KEY') return `${line.trim().split(':', 1)[0] ?? 'a key'} stands here a second time. Keep one of them.`;
  if (code === 'TAG_RESOLVE_FAILED') return 'tags (words after !) are not understood here. Write the value without one.';
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here. Keep one document in the file.';
  const remedy = line.includes('${') ? ' Inside { } or [ ], put quotes around "${NAME}".' : '';
  return `this is not YAML: ${message}.${remedy}`;
};
