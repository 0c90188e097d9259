import * as z from 'zod';
import type { Api } from '../../forge/rest/api.ts';
import { hasStatus } from '../../forge/rest/failures.ts';
import type { Part } from '../part.ts';
import type { Wanted } from './wanted.ts';

const HookAnswer = z.looseObject({
  id: z.int().min(0),
  active: z.boolean(),
  config: z.looseObject({
    url: z.string().max(4000).nullish(),
    content_type: z.string().max(100).nullish(),
    /** Shown as stars, or left out if there is none. */
    secret: z.string().max(1000).nullish(),
    insecure_ssl: z.union([z.string().max(10), z.number()]).nullish(),
  }),
});
type Hook = z.infer<typeof HookAnswer>;

const NAME = 'webhooks';
const WITHOUT = 'unsigned deliveries are refused by Pawl’s server, which then finds out by looking';

/** Whether deliveries to Pawl's servers are signed and encrypted; not every token may see that. */
export async function webhooksPart({ api, wanted }: { readonly api: Api; readonly wanted: Wanted }): Promise<Part> {
  const { owner, repo } = wanted;
  const hooks = await listHooks(api, { owner, repo });
  if (hooks === null) return { name: NAME, state: 'ok', what: 'not shown to this token', calls: [], without: WITHOUT };
  const ours = hooks.filter((h) => h.active && /\/webhooks\/github$/.test(h.config.url ?? ''));
  const wrong = ours.flatMap((hook) => faultsOf(hook).map((fault) => `${hook.config.url} ${fault}`));
  const mendable = ours.filter((h) => isPlain(h) || !isJson(h));
  const config = { content_type: 'json', insecure_ssl: '0' };
  const calls = mendable.map(({ id }) => ({
    route: 'PATCH /repos/{owner}/{repo}/hooks/{hook_id}',
    params: { owner, repo, hook_id: id, config },
  }));
  if (wrong.length > 0) return { name: NAME, state: 'differs', what: wrong.join('; '), calls, without: WITHOUT };
  const what = ours.length === 0 ? 'none for a server of Pawl’s' : `${ours.length}, signed`;
  return { name: NAME, state: 'ok', what, calls: [], without: WITHOUT };
}

const isPlain = ({ config }: Hook): boolean => !['0', 0, undefined, null].includes(config.insecure_ssl);
const isJson = ({ config }: Hook): boolean => config.content_type === 'json';

const faultsOf = (hook: Hook): string[] => [
  ...(hook.config.secret ? [] : ['has no secret: set the one in PAWL_SECRET_WEBHOOK (Settings → Webhooks)']),
  ...(isJson(hook) ? [] : ['does not send application/json']),
  ...(isPlain(hook) ? ['does not check the server’s certificate'] : []),
];

async function listHooks(api: Api, at: { owner: string; repo: string }): Promise<Hook[] | null> {
  try {
    return await api.list('GET /repos/{owner}/{repo}/hooks', at, HookAnswer);
  } catch (error) {
    if (hasStatus(error, 403, 404, 405, 501)) return null;
    throw error;
  }
}
