import type OpenAI from 'openai';

import { jsonOf } from './given.ts';
import type { AskedOf, Word } from './told.ts';

export type Approval = OpenAI.Responses.ResponseOutputItem.McpApprovalRequest;

/** Nobody is asked more often about one reply; of more, the answer is no. */
const ASKED_MAX = 16;

/** The person's word on each call, one after the other. What is asked for another server than ours is none of theirs to allow. */
export const answersTo = async (
  approvals: readonly Approval[],
  label: string,
  approve: (call: AskedOf) => Promise<Word>,
): Promise<OpenAI.Responses.ResponseInput> => {
  const answers: OpenAI.Responses.ResponseInput = [];
  for (const [place, { id, name, arguments: given, server_label: server }] of approvals.entries()) {
    const mayAsk = server === label && place < ASKED_MAX;
    const word = mayAsk && (await approve({ tool: name, input: jsonOf(given) }));
    const why = typeof word === 'object' ? { reason: word.no } : {};
    answers.push({ type: 'mcp_approval_response', approval_request_id: id, approve: word === true, ...why });
  }
  return answers;
};
