/** `castellan/openai`: ask a model that looks things up in a server of ours, as one person. */
export type { ConnectedTools } from './call-tools.ts';
export { askWithChat, type ChatQuestion } from './chat.ts';
export type { Turn } from './history.ts';
export { DEFAULT_MODEL } from './model.ts';
export { type MountCaller, type MountedServer, mountTool, READ_TOOLS, WRITE_TOOLS } from './mount-tool.ts';
export { askWithResponses, type ResponsesQuestion } from './responses.ts';
export type { Answer, AskedOf, Citation, Gave, Given, Told, Word, Wrote } from './told.ts';
