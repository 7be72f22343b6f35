import type { z } from 'zod';

import type { AuditedDocument } from './audit.ts';
import type { TokenScope } from './caller.ts';
import type { AskPerson } from './proposal.ts';
import type { Basis, Missing, View } from './view.ts';

/** Places in an answer, sealed: unreadable, of one length, good only for the caller, tool and query they were made for. */
export interface Cursors {
  seal(place: Place): string;
  /** Throws `invalid_input` for one that is forged, damaged, or somebody else's. */
  open(cursor: string): Place;
}

/** How far an answer got, and a digest (16 bytes, hex) of what it was cut from: when that changed, the cursor has expired. */
export interface Place {
  readonly offset: number;
  readonly digest: string;
}

export interface ToolContext {
  readonly view: View;
  /** The cursors of one caller and one query; `binding` is everything else of the input. */
  cursors(binding: unknown): Cursors;
  /** Asks the person at the client, outside the model: absent where the client cannot. */
  readonly askPerson?: AskPerson;
  readonly signal: AbortSignal;
}

/**
 * What a tool gives back: the answer for the caller and what the audit says of it, or that there is nothing to give. `basis` is
 * absent where nothing was read from the index to answer.
 */
export type ToolAnswer<Output> =
  | { readonly output: Output; readonly documents: readonly AuditedDocument[]; readonly basis?: Basis }
  | { readonly missing: Missing; readonly basis: Basis };

/** One thing that may be asked. A file a tool: output, input, description, then what it does with the view. */
export interface Tool<Input = unknown, Output = unknown> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  readonly scope: TokenScope;
  /** Fields of the input that let somebody do something: the audit keeps a hash of them. */
  readonly secrets?: readonly string[];
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
  run(input: Input, context: ToolContext): Promise<ToolAnswer<Output>>;
}

/** A tool as it is written: inference with no machinery. */
export const defineTool = <Input, Output>(tool: Tool<Input, Output>): Tool<Input, Output> => tool;
