/** The same answer; `done` is called once when all of it was sent, or when the client went away before. */
export const untilSent = (response: Response, done: () => void): Response => {
  if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    done(); // whole already
    return response;
  }
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { done: ended, value } = await reader.read();
        if (!ended) return controller.enqueue(value);
        controller.close();
      } catch {
        controller.close(); // cut short: a client knows from the missing answer
      }
      done();
    },
    cancel: async (reason) => {
      done();
      await reader.cancel(reason);
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
};
