/** Why checks of the suite fail, and which: whole scenarios, or `scenario:check` where the others of a scenario must hold. */
export type Expected = readonly { readonly why: string; readonly fail: readonly string[] }[];

export const REVISIONS = ['2026-07-28', '2025-11-25'] as const;
type Revision = (typeof REVISIONS)[number];

const ONLY_TOOLS = 'Castellan offers tools and nothing else: no prompts, no resources, no completion, no logging to clients.';
const TEST_TOOL = 'The scenario calls a tool of the suite’s own; it holds in the test build, or is explained there.';
const TASKS = 'Tasks are an extension, and no call here takes long enough to need one. The suite does not score them.';

const PROMPTS = [
  'prompts-list',
  'prompts-get-simple',
  'prompts-get-with-args',
  'prompts-get-embedded-resource',
  'prompts-get-with-image',
];
const RESOURCES = ['resources-list', 'resources-read-text', 'resources-read-binary', 'resources-templates-read'];
const CONTENT = [
  'tools-call-simple-text',
  'tools-call-image',
  'tools-call-audio',
  'tools-call-embedded-resource',
  'tools-call-mixed-content',
  'tools-call-error',
  'tools-call-with-progress',
];
const TASK_SCENARIOS = [
  'tasks-lifecycle',
  'tasks-capability-negotiation',
  'tasks-wire-fields',
  'tasks-request-state-removal',
  'tasks-mrtr-input',
  'tasks-request-headers',
  'tasks-dispatch-and-envelope',
  'tasks-required-task-error',
  'tasks-mrtr-composition',
];

/** The server itself: everything that is about the tools of somebody else’s server fails, and nothing that is about the protocol. */
export const OF_THE_SERVER: Readonly<Record<Revision, Expected>> = {
  '2026-07-28': [
    {
      why: ONLY_TOOLS,
      fail: [
        ...PROMPTS,
        ...RESOURCES,
        'completion-complete',
        'input-required-result-non-tool-request',
        'caching:sep-2549-prompts-list-caching-hints',
        'caching:sep-2549-resources-list-caching-hints',
        'caching:sep-2549-resources-templates-list-caching-hints',
      ],
    },
    {
      why: TEST_TOOL,
      fail: [
        ...CONTENT,
        'json-schema-2020-12',
        'http-custom-header-server-validation',
        'server-stateless:sep-2575-server-rejects-undeclared-capability',
        'server-stateless:sep-2575-missing-capability-http-400',
        'server-stateless:sep-2575-http-server-no-independent-requests-on-stream',
        'server-stateless:sep-2575-server-no-log-without-loglevel',
        'input-required-result-basic-elicitation',
        'input-required-result-basic-sampling',
        'input-required-result-basic-list-roots',
        'input-required-result-request-state',
        'input-required-result-multiple-input-requests',
        'input-required-result-multi-round',
        'input-required-result-result-type',
        'input-required-result-tampered-state',
        'input-required-result-capability-check',
      ],
    },
    { why: TASKS, fail: TASK_SCENARIOS },
  ],
  '2025-11-25': [
    {
      why: ONLY_TOOLS,
      fail: [
        ...PROMPTS,
        ...RESOURCES,
        'resources-subscribe',
        'resources-unsubscribe',
        'completion-complete',
        'logging-set-level',
      ],
    },
    {
      why: TEST_TOOL,
      fail: [
        ...CONTENT,
        'tools-call-with-logging',
        'tools-call-sampling',
        'tools-call-elicitation',
        'elicitation-sep1034-defaults',
        'elicitation-sep1330-enums',
        'json-schema-2020-12',
      ],
    },
  ],
};

/** What of a run was not expected: checks that failed, and expectations that no longer come true. */
export const surprises = (failed: ReadonlyMap<string, string>, expected: Expected): string[] => {
  const names = expected.flatMap(({ fail }) => fail);
  const unforeseen = [...failed].filter(([check]) => !names.some((name) => covers(name, check)));
  const stale = names.filter((name) => ![...failed.keys()].some((check) => covers(name, check)));
  return [...unforeseen.map(([check, why]) => `${check} fails: ${why}`), ...stale.map((name) => `${name} no longer fails`)];
};

const covers = (name: string, check: string): boolean => check === name || check.startsWith(`${name}:`);

/** Our routes before a server with everything the suite asks for. */
export const OF_THE_TEST_BUILD: Readonly<Record<Revision, Expected>> = {
  '2026-07-28': [{ why: TASKS, fail: TASK_SCENARIOS }],
  '2025-11-25': [
    {
      why: 'In this revision the server calls its client on a stream of a session. There are none here: any process answers any request.',
      fail: ['tools-call-sampling', 'tools-call-elicitation', 'elicitation-sep1034-defaults', 'elicitation-sep1330-enums'],
    },
  ],
};
