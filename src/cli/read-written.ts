import { AppError } from '../core/errors.ts';
import type { Context } from './context.ts';
import type { Place } from './parts.ts';
import { said } from './said.ts';
import { look } from './terminal.ts';

/**
 * Reads a source in which something was just written, so that it is found. It is written whether that can be read or not: what goes
 * wrong is said, and the command for later.
 */
export const readWritten = async (
  source: string,
  place: Place,
  { parts, terminal, signal }: Pick<Context, 'parts' | 'terminal' | 'signal'>,
): Promise<void> => {
  const index = await parts.openIndex(place);
  try {
    if (index.readsStandardInput(source)) return;
    await index.sync(source, { acceptDeletions: false, signal, onProgress: () => undefined });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'conflict') return; // somebody else is reading it
    terminal.err.line(
      look('yellow', `${source} could not be read again. ${error.message}`),
      ` Run: ${said(place, 'sync', source)}`,
    );
  } finally {
    await index.close();
  }
};
