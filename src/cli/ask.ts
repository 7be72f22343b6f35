import { Command, Option } from 'commander';

import { AppError } from '../core/errors.ts';
import { type Approver, openApprover } from './ask-approve.ts';
import { writingPerson } from './ask-writing.ts';
import { isAtTerminal } from './ask-yes.ts';
import { told, toldJson, tellAnswer } from './ask-tell.ts';
import type { Context, GlobalOptions } from './context.ts';
import type { AskingRequest } from './asking.ts';
import { portFrom } from './port.ts';
import { type Channel, look } from './terminal.ts';

interface AskOptions extends GlobalOptions {
  readonly as: string;
  readonly api: 'responses' | 'chat';
  readonly model?: string;
  readonly baseUrl?: string;
  readonly tunnel?: string;
  readonly port?: number;
  readonly continue?: boolean;
  readonly approve?: boolean;
  readonly writes?: boolean;
  readonly store: boolean;
}

/** Asks a model, which looks things up as one person. */
export const askCommand = ({ parts, terminal, signal, fail }: Context): Command =>
  new Command('ask')
    .summary('let a model answer one person')
    .description(
      'Lets a model answer from what one person may see, and shows which tools it called and which documents it names. ' +
        'What the tools give goes to OpenAI, or to the API at --base-url. The key is read from OPENAI_API_KEY.',
    )
    .argument('<question>', 'what the person wants to know')
    .requiredOption('--as <who>', 'who asks: a verified e-mail, or issuer|subject')
    .addOption(
      new Option('--api <name>', 'responses: OpenAI calls the running server; chat: this machine calls the tools')
        .choices(['responses', 'chat'])
        .default('responses'),
    )
    .option('--model <name>', 'which model; gpt-5.4-mini unless named')
    .option('--base-url <url>', 'another API that speaks as OpenAI’s does, such as http://127.0.0.1:11434/v1')
    .option('--continue', 'go on with the last conversation of this person')
    .option('--approve', 'ask you before every call of a tool, at a terminal')
    .option('--writes', 'let the model propose writes; each is shown and made only after your yes, at a terminal')
    .option('--no-store', 'let OpenAI keep no conversation to go on with')
    .option('--tunnel <id>', 'how OpenAI reaches a server that the internet does not: its Secure MCP Tunnel')
    .option('--port <number>', 'of a server that was started with this --port, and has no server.public_url', portFrom(1))
    .addHelpText('after', '\nExample:\n  castellan ask "how do refunds work?" --as ada@acme.test --api chat')
    .action(async (question: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<AskOptions>();
      refuseContradictions(options);
      const { config, data, json } = options;
      const asks = options.approve || isAtTerminal(parts.stdin, terminal.err);
      const approver = asks ? openApprover(parts.stdin, terminal.err, signal) : undefined;
      try {
        const asking = await parts.openAsking({ config, data }, requestOf(options, signal, approver, terminal.err));
        try {
          const telling = asking.ask(question);
          const all = json ? await told(telling) : await tellAnswer(telling, terminal);
          if (json) terminal.out.json(toldJson(all));
          const unkept = asking.unkept();
          if (unkept) terminal.err.line(look('yellow', unkept.message));
          if (all.answer.incomplete) fail();
        } finally {
          await asking.close();
        }
      } finally {
        approver?.close();
      }
    });

const requestOf = (
  { as: who, api, model, baseUrl, tunnel, port, continue: continues = false, approve = false, writes, store }: AskOptions,
  signal: AbortSignal,
  approver: Approver | undefined,
  err: Channel,
): AskingRequest => ({
  who,
  api,
  continues,
  stores: store,
  signal,
  ...(model === undefined ? {} : { model }),
  ...(baseUrl === undefined ? {} : { baseUrl }),
  ...(tunnel === undefined ? {} : { tunnel }),
  ...(port === undefined ? {} : { port }),
  approval: approve ? 'always' : 'never',
  ...(approver ? { approve: (call) => approver.approve(call) } : {}),
  ...(writes ? { writing: writingPerson(err, approver) } : {}),
});

/** What would be left aside in silence is refused. */
const refuseContradictions = ({ api, approve, writes, store, tunnel, port, continue: continues }: AskOptions): void => {
  const ofResponses = { '--tunnel': tunnel, '--port': port, '--no-store': !store || undefined };
  const [without] = Object.entries(ofResponses).find(([, given]) => api === 'chat' && given !== undefined) ?? [];
  if (without !== undefined) throw new AppError('invalid_input', `${without} is for --api responses. Leave it out.`);
  if (store || !(approve || continues || writes)) return;
  throw new AppError('invalid_input', 'OpenAI must keep the conversation to go on with it. Leave out --no-store.');
};
