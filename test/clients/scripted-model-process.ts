import { setDefaultModelProvider, setTracingDisabled } from '@openai/agents';
import { assistantMessage, functionCall, modelResponder, modelResponse, ScriptedModel } from '@openai/agents/testing';

/** Loaded before a program that asks a model of OpenAI's: searches, and says which documents it then heard of. */
const model = new ScriptedModel([
  modelResponse([functionCall('search', { query: 'spring', limit: 50 }, { callId: 'call-1' })]),
  modelResponder(({ request }) => {
    const heard = JSON.stringify(request.input);
    return [assistantMessage(`heard of ${['wiki:plan', 'wiki:party'].filter((id) => heard.includes(id)).join(', ')}`)];
  }),
]);

setTracingDisabled(true);
setDefaultModelProvider({ getModel: () => model });
