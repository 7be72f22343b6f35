import type { Connector, Operation } from '../src/core/connector.ts';

/** What of a connector's page is made from its declaration. */
type Declared = Pick<Connector, 'operations' | 'hosts'>;

const BEGIN = '<!-- calls: made by npm run docs:connectors -->';
const END = '<!-- /calls -->';
const HEADING = '## Scopes\n';

/** The page with what it says of calls, scopes and hosts made anew, under its heading "Scopes" where it was not there before. */
export const withCalls = (page: string, connector: Declared): string => {
  const block = `${BEGIN}\n\n${callsOf(connector)}\n\n${END}`;
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin >= 0 && end > begin) return page.slice(0, begin) + block + page.slice(end + END.length);
  if (begin >= 0 || end >= 0 || page.split(HEADING).length !== 2) {
    throw new Error(`The page needs one heading "${HEADING.trim()}", and ${BEGIN} before ${END} or neither.`);
  }
  return page.replace(HEADING, () => `${HEADING}\n${block}\n`);
};

/** Every remote call it declares, and where they go. */
const callsOf = ({ operations, hosts }: Declared): string => {
  const where = whereOf(hosts);
  if (operations.length === 0) return `It makes no HTTP calls.${where === '' ? '' : ` It connects to ${where}.`}`;
  const scopes = [...new Set(operations.flatMap(({ scope }) => (scope === undefined ? [] : [scope])))].map(code);
  return [
    `It calls ${where === '' ? 'no host' : where}, and makes no other call than these.`,
    table([['operation', 'access', 'calls', 'scope'], ...operations.map(rowOf)]),
    scopes.length === 0 ? 'None of them needs a scope.' : `Scopes that are asked for: ${scopes.join(', ')}.`,
  ].join('\n\n');
};

const rowOf = ({ name, access, calls, scope }: Operation): string[] => [
  code(name),
  access,
  cell(calls.map(code).join(', ')),
  scope === undefined ? '–' : cell(code(scope)),
];

/** The hosts it names, and the settings it takes others from: nobody can know those here, so it is asked with none. */
const whereOf = (hosts: Declared['hosts']): string => {
  const asked = new Set<string>();
  const settings = new Proxy(
    {},
    {
      get: (_, name) => {
        if (typeof name === 'string') asked.add(name);
        return undefined;
      },
    },
  );
  const named = namedBy(() => hosts(settings)).map(code);
  const told = [...asked].map((name) => `what ${code(name)} of the settings says`);
  return [...named, ...told].join(', or ');
};

const namedBy = (hosts: () => readonly string[]): readonly string[] => {
  try {
    return hosts();
  } catch {
    return []; // it cannot be told without its settings
  }
};

const code = (text: string): string => `\`${text}\``;

/** In a table a bar ends a cell, also within code. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

/** As the formatter leaves it: each column as wide as its widest cell. */
const table = (rows: readonly (readonly string[])[]): string => {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], pad: string): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, pad)).join(' | ')} |`;
  return [line(head, ' '), line([], '-'), ...rows.slice(1).map((row) => line(row, ' '))].join('\n');
};
