/** Small, quick and good at calling tools: enough for a search and an answer. Another is named where it should think longer. */
export const DEFAULT_MODEL = 'gpt-5.4-mini';
