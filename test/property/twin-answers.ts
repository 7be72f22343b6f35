import type { Identity } from '../../src/core/caller.ts';
import { NO_POLICY, type Policies } from '../../src/core/policy.ts';
import type { IndexInProcess, ToolName } from '../support/index-in-process.ts';

/** Who asks both twins. */
export const ADA: Identity = { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' };

/** What the client she asks through may carry: what else she may see is hidden from it. */
export const NARROW: Policies = {
  default: { ...NO_POLICY, sources: ['wiki', 'desk'], denyLabels: ['Sealed off'] },
  clients: new Map(),
};
/** The label, as different hands write it. */
export const SEALED = ['sealed off', 'SEALED OFF', ' Sealed  off', 'ｓealed off', 'seal\u00aded off'] as const;

/** Two indexes alike in all that ada may see through her client. Only one of them holds what she may not. */
export interface Twins {
  readonly seed: number;
  readonly plain: IndexInProcess;
  readonly full: IndexInProcess;
}

export type Asked = readonly [tool: ToolName, input: Record<string, unknown>];

/** How two indexes answered one question. */
export interface Difference {
  readonly seed: number;
  readonly asked: string;
  readonly without: string;
  readonly with: string;
}

/** A way to ask: everything that is said, and the cursor in it, where there is one. */
export type Skin = (index: IndexInProcess) => Asker;

export interface Asker {
  ask(...asked: Asked): Promise<{ readonly said: string; readonly cursor?: string }>;
  close(): Promise<void>;
}

/** The one path, without a skin. */
export const onThePath: Skin = (index) => ({
  ask: async (tool, input) => {
    const answer = await index.ask(ADA, tool, input);
    if (!('output' in answer)) return { said: JSON.stringify(answer) };
    const { next_cursor: cursor, ...rest } = answer.output as { next_cursor?: string };
    return { said: JSON.stringify(rest), ...(cursor === undefined ? {} : { cursor }) };
  },
  close: async () => undefined,
});

export interface AskBothOptions {
  readonly skin?: Skin;
  /** Happens before each question. */
  readonly before?: () => Promise<void>;
}

/** Asks both the same, up to the first question they answer differently. */
export const askBoth = async (
  { seed, plain, full }: Twins,
  questions: readonly Asked[],
  { skin = onThePath, before = async () => undefined }: AskBothOptions = {},
): Promise<{ difference?: Difference; asked: number }> => {
  const [one, other] = [skin(plain), skin(full)];
  try {
    for (const [at, [tool, input]] of questions.entries()) {
      await before();
      const [left, right] = [await answerOf(one, tool, input), await answerOf(other, tool, input)];
      if (left !== right)
        return { difference: { seed, asked: `${tool} ${JSON.stringify(input)}`, without: left, with: right }, asked: at + 1 };
    }
    return { asked: questions.length };
  } finally {
    await one.close();
    await other.close();
  }
};

/** The whole answer; a cursor is compared by what it leads to. */
const answerOf = async (asker: Asker, tool: Asked[0], input: Asked[1], pages = 5): Promise<string> => {
  const { said, cursor } = await asker.ask(tool, input);
  if (cursor === undefined || pages === 0) return said;
  return `${said} → ${await answerOf(asker, tool, { ...input, cursor }, pages - 1)}`;
};
