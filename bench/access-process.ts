import { type Views, openViews } from '../src/reader/views.ts';
import { identityOf, RULES } from './access-people.ts';

/** Another process that answers: says what somebody finds, as often as it is asked, and how long the first answer took. */
const [path = ''] = process.argv.slice(2);
const began = performance.now();

/** Who asks, and for documents of which type; or for the one of this id. */
type Asked = readonly [user: number, what: { readonly type: string } | { readonly id: string }];

const ask = async (views: Views, [user, what]: Asked): Promise<number> => {
  const view = views.of({ identity: identityOf(user), client: 'bench', scopes: ['read'] });
  const { signal } = new AbortController();
  if ('id' in what) return typeof (await view.fetch(what.id, signal)).found === 'string' ? 0 : 1;
  const { hits } = await view.search({ query: 'spring', types: [what.type], limit: 10, offset: 0 }, signal);
  return hits.length;
};

const views = await openViews({ indexPath: path, rules: RULES, now: Date.now });
process.on('message', async (asked: Asked) => {
  process.send?.({ found: await ask(views, asked), ms: performance.now() - began });
});
process.send?.({ found: 0, ms: performance.now() - began });
