import { readFileSync } from 'node:fs';

/** A process, and when it began: its id alone may be somebody else's by now. Empty where the system does not tell. */
export interface ProcessName {
  readonly pid: number;
  readonly started: string;
}

/** When a process began, as this machine counts: boot, and clock ticks since. Empty where the system does not tell, undefined when it is dead. */
export const processStarted = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold anything
    const [state] = fields;
    if (state === 'Z' || state === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[STARTED] ?? ''}`;
  } catch {
    return answers(pid) ? '' : undefined; // not Linux, or a process that is hidden from us
  }
};

/** Whether exactly this process still lives; in doubt it does. */
export const isAlive = ({ pid, started }: ProcessName): boolean => {
  const now = processStarted(pid);
  return now !== undefined && (now === started || now === '' || started === '');
};

/** Field 22 of /proc/<pid>/stat, where the third is the first after the name. */
const STARTED = 19;

const answers = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};
