import { AppError } from '../core/errors.ts';
import { unknownWord } from './parse.ts';

/** The parts of the file that name sources which stand in another part. */
interface Naming {
  readonly clients: Readonly<Record<string, { readonly sources?: readonly string[] | undefined }>>;
  readonly identity: {
    readonly services: readonly { readonly accounts: Readonly<Record<string, unknown>> }[];
    readonly directory?: string | undefined;
  };
}

/** A misspelt source would narrow a policy to nothing, leave a service without its accounts, or nobody in the organisation: it is refused. */
export const assertSources = ({ clients, identity }: Naming, known: readonly string[], file: string): void => {
  const named = [
    ...Object.entries(clients).flatMap(([client, { sources = [] }]) =>
      sources.map((source) => ({ where: `clients.${client}.sources`, source })),
    ),
    ...identity.services.flatMap(({ accounts }, at) =>
      Object.keys(accounts).map((source) => ({ where: `identity.services.${at}.accounts`, source })),
    ),
    ...(identity.directory === undefined ? [] : [{ where: 'identity.directory', source: identity.directory }]),
  ];
  const lost = named.find(({ source }) => !known.includes(source));
  if (!lost) return;
  throw new AppError(
    'config',
    unknownWord(`${file}: ${lost.where}`, `names ${lost.source}, which is no source here`, lost.source, known),
  );
};
