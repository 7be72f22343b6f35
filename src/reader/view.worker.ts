import { parentPort, workerData } from 'node:worker_threads';

import type { Embedder } from '../core/embedder.ts';
import { AppError } from '../core/errors.ts';
import { openLocalEmbedder } from '../embed/local.ts';
import { openReader } from '../store/sqlite/reader.ts';
import { type AnswerQuestion, createAnswer } from './answer.ts';
import { guardIn } from '../thread/guard.ts';
import type { Answer, Question, ViewWorkerData } from './question.ts';
import type { Reply, ThreadData } from '../thread/thread.ts';

/** The composition root of the thread that answers questions. */
const { given, guard: memory }: ThreadData<ViewWorkerData> = workerData;
const { indexPath, rules, embedder: provider } = given;
const guard = guardIn(memory);

let model: Promise<Embedder | undefined> | undefined;
/** Loaded by the first question that needs it. One that cannot be loaded stays absent until the process starts again. */
const embedder = (): Promise<Embedder | undefined> =>
  (model ??= provider === 'none' ? Promise.resolve(undefined) : openGuarded().catch(() => undefined));

const openGuarded = async (): Promise<Embedder> => {
  const local = await guard.protect(() => openLocalEmbedder());
  return { ...local, embed: (text) => guard.protect(() => local.embed(text)) };
};

let opened: AnswerQuestion | undefined;
const answer = (question: Question): Promise<Answer> => {
  opened ??= createAnswer({ reader: openReader(indexPath), rules, embedder });
  return opened(question);
};

const replyTo = async (question: Question): Promise<Reply<Answer>> => {
  try {
    return { answer: await answer(question) };
  } catch (error) {
    if (error instanceof AppError) return { failure: { code: error.code, message: error.message } };
    return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};

const port = parentPort;
if (!port) throw new Error('view.worker.ts runs in a thread');
port.on('message', (question: Question) => void replyTo(question).then((reply) => port.postMessage(reply)));
