import { InvalidArgumentError } from 'commander';

const PORT_MAX = 65_535;

/** A port as it is written on a command line. */
export const portFrom =
  (least: number) =>
  (text: string): number => {
    const port = /^\d{1,5}$/u.test(text) ? Number(text) : Number.NaN;
    if (port >= least && port <= PORT_MAX) return port;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${PORT_MAX}.`);
  };
