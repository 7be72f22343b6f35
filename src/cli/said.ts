import type { Place } from './parts.ts';
import { shellWord } from './words.ts';

/** Where a command looks when nobody says where. */
export const USUAL_PLACE: Place = { config: 'castellan.yaml', data: '.castellan' };

/** A command of ours as it is typed for this place, so that a remedy works where it is read. `<who>` is for the reader to fill in. */
export const said = ({ config, data }: Place, ...words: readonly string[]): string =>
  [
    'castellan',
    ...words,
    ...(config === USUAL_PLACE.config ? [] : ['--config', config]),
    ...(data === USUAL_PLACE.data ? [] : ['--data', data]),
  ]
    .map((word) => (/^<[a-z]+>$/u.test(word) ? word : shellWord(word)))
    .join(' ');

/** The words that name a port, where one must be named. */
export const portWords = (port: number | undefined): readonly string[] => (port === undefined ? [] : ['--port', String(port)]);
