import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseMarkdown } from '../../../src/ingest/parse/markdown.ts';
import { parsePlain } from '../../../src/ingest/parse/plain.ts';

const hosts = new Set(['wiki.acme.test']);
const outline = (text: string): readonly (readonly [readonly string[], string])[] =>
  parseMarkdown(text, hosts).sections.map((section) => [section.headings, section.text]);

test('a text is cut at its headings, and each section knows all it stands under', () => {
  expect(outline('intro\n\n# Leave\nThirty days.\n## Parents\nMore.\n# Pay\nMonthly.\n')).toEqual([
    [[], 'intro\n\n'],
    [['Leave'], '# Leave\nThirty days.\n'],
    [['Leave', 'Parents'], '## Parents\nMore.\n'],
    [['Pay'], '# Pay\nMonthly.\n'],
  ]);
});

test('underlined headings are headings; rules, tables and front matter are not', () => {
  expect(outline('Leave\n=====\nThirty.\n\nPay\n---\nMonthly.')).toEqual([
    [['Leave'], 'Leave\n=====\nThirty.\n\n'],
    [['Leave', 'Pay'], 'Pay\n---\nMonthly.'],
  ]);
  for (const text of [
    'a\n\n---\n\nb',
    'a | b\n--- | ---\n1 | 2',
    '---\ntitle: x\n---\nb',
    '- a\n---\nb',
    '> a\n---\nb',
    '===\n',
  ]) {
    expect(outline(text)).toEqual([[[], text]]);
  }
});

test.each([
  ['a fence', '```sh\n# no heading\n```\n'],
  ['a fence of tildes that holds backticks', '~~~\n```\n# no heading\n~~~\n'],
  ['a fence that is never closed', '```\n# no heading\n'],
  ['an indented line', '    # no heading\n'],
  ['a tag', '#no-heading\n'],
  ['seven hashes', '####### no heading\n'],
])('%s holds no heading', (_, text) => {
  expect(outline(text)).toEqual([[[], text]]);
});

test('a fence with backticks in its first line is no fence', () => {
  expect(outline('``` a`b\n# Title\n')).toHaveLength(2);
});

test('closing hashes, skipped levels and empty headings are understood', () => {
  expect(outline('### Deep ###\na\n#\nb\n## C\n')).toEqual([
    [['Deep'], '### Deep ###\na\n'],
    [[''], '#\nb\n'],
    [['', 'C'], '## C\n'],
  ]);
});

test('blank lines before the first heading belong to it', () => {
  expect(outline('\n\n# Leave\n')).toEqual([[['Leave'], '\n\n# Leave\n']]);
});

test('prose names a foreign host, code keeps the path, and each is counted where it stood', () => {
  const [intro, section] = parseMarkdown(
    'a https://evil.test/x\n# B\n```\ncurl https://evil.test/x\n```\n\u200bc',
    hosts,
  ).sections;
  expect(intro).toMatchObject({ text: 'a evil.test\n', marks: [2] });
  expect(section).toMatchObject({ text: '# B\n```\ncurl evil.test/x\n```\nc', marks: [13, 29] });
});

test('a heading is inert and bounded in its path, and whole in the text', () => {
  const [section] = parseMarkdown(`# ![x](https://evil.test) ${'long '.repeat(100)}`, hosts).sections;
  expect(section?.headings[0]).toHaveLength(200);
  expect(section?.headings[0]).toMatch(/^\[image: x\] long/u);
  expect(section?.text).toHaveLength('# [image: x] '.length + 500);
});

test('an empty text has no section', () => {
  expect(parseMarkdown('', hosts).sections).toEqual([]);
  expect(parseMarkdown('\u200b', hosts).sections).toEqual([]);
});

test('a document of nothing but headings has a bounded number of sections', () => {
  expect(parseMarkdown('#\n'.repeat(30_000), hosts).sections).toHaveLength(20_000);
});

test('where nothing is harmful the sections, joined, are the text', () => {
  const line = fc.constantFrom(
    '# A',
    '## B ##',
    'text',
    '',
    '```',
    '~~~~',
    'C',
    '===',
    '---',
    '- x',
    '> y',
    '    z',
    '1. a',
    '*b*',
    '| c |',
    '🜁',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const text = lines.join('\n');
      expect(
        parseMarkdown(text, hosts)
          .sections.map((section) => section.text)
          .join(''),
      ).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

test('plain text is one section, whatever it looks like', () => {
  expect(parsePlain('# A\n\n## B\n', hosts).sections).toEqual([{ text: '# A\n\n## B\n', marks: [], headings: [] }]);
});

/** Each of these makes some parser of Markdown or some pattern take quadratic time or more. */
const PATHOLOGICAL = [
  [
    '>',
    '[',
    '![',
    '![](',
    '[a](',
    '<',
    '<a href="',
    '<!--',
    '<script>',
    '*a_ ',
    '- ',
    '1. ',
    'a\n=\n',
    '#\n',
    '```\n',
    '`',
    '\\[',
  ],
  ['https://', '[a]: ', '[x [a]', '[](<', '](&#58;', ' ', '\n', 'x://', '("https:', '[a](b "', '=" ', '\u200d', '/'],
  ['](\n> ', '[a](<  ', '[a](\n>', '[a](b\n> "'],
].flat();

test.each(PATHOLOGICAL)('300,000 characters of %j are read in linear time', (unit) => {
  const text = unit.repeat(Math.ceil(300_000 / unit.length));
  expect(parseMarkdown(text, hosts).sections.length).toBeLessThanOrEqual(20_000);
  expect(parsePlain(text, hosts).sections).toHaveLength(1);
});
