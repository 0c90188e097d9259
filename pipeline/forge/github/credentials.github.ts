import { setTimeout as sleep } from 'node:timers/promises';
import type * as z from 'zod';
import { ForgeError } from '../errors.ts';
import { boundedFetch } from '../rest/bounded-fetch.ts';
import { apiError } from '../rest/failures.ts';
import { AccountAnswer, AppAnswer, InstallationAnswer } from './answers.ts';
import { GITHUB_API, quiet } from './client.github.ts';
import type { Credentials } from './credentials.ts';

export type AppOptions = {
  readonly id: number;
  /** PEM. */
  readonly key: string;
  /** Null: found by the repository. */
  readonly installation: number | null;
  readonly url: string | null;
  readonly owner: string;
  readonly repo: string;
  /** The way to the network; Node's own by default. */
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
  /** Pause before a request without an answer is repeated. */
  readonly pauseMs?: number;
};

/**
 * Acts as a GitHub App: tokens that are valid for an hour, made when they are needed. @throws {ForgeError} from every
 * method
 */
export function appCredentials(options: AppOptions): Credentials {
  const { id, owner, repo, pauseMs = 1000 } = options;
  let opened: ReturnType<typeof openApp> | undefined;
  const app = () => (opened ??= openApp(options));
  const asApp = async <T>(route: string, params: Record<string, unknown>, answer: z.ZodType<T>): Promise<T> => {
    const { auth, request } = await app();
    try {
      const { token } = await auth({ type: 'app' });
      const { data } = await request(route, { ...params, headers: { authorization: `bearer ${token}` } });
      return answer.parse(data);
    } catch (error) {
      throw apiError(`${route} as App ${id}`, error);
    }
  };
  const askedAgain = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof ForgeError) || error.reason !== 'unreachable' || attempt === 3) throw error;
        await sleep(pauseMs * attempt ** 2);
      }
    }
  };
  let installation = options.installation;
  const token = async (): Promise<string> => {
    installation ??= (
      await askedAgain(() => asApp('GET /repos/{owner}/{repo}/installation', { owner, repo }, InstallationAnswer))
    ).id;
    const { auth } = await app();
    return askedAgain(async () => {
      try {
        return (await auth({ type: 'installation', installationId: installation as number })).token;
      } catch (error) {
        throw apiError(`a token for installation ${installation} of App ${id}`, error);
      }
    });
  };
  return {
    kind: 'app',
    token,
    account: async () => {
      const { slug } = await askedAgain(() => asApp('GET /app', {}, AppAnswer));
      const { request } = await app();
      const bot = await request('GET /users/{username}', {
        username: `${slug}[bot]`,
        headers: { authorization: `token ${await token()}` },
      }).catch((error) => Promise.reject(apiError(`the account of App ${id}`, error)));
      return String(AccountAnswer.parse(bot.data).id);
    },
  };
}

/** Makes the client that acts as the App. Its libraries are loaded only then. */
async function openApp({ id, key, url, fetch = globalThis.fetch, timeoutMs = 60_000 }: AppOptions) {
  const [{ createAppAuth }, { Octokit }] = await Promise.all([import('@octokit/auth-app'), import('@octokit/rest')]);
  const baseUrl = (url ?? GITHUB_API).replace(/\/+$/, '');
  const { request } = new Octokit({ baseUrl, log: quiet, request: { fetch: boundedFetch({ fetch, timeoutMs }) } });
  return { request, auth: createAppAuth({ appId: id, privateKey: key, request: request as never }) };
}

/** What is wrong with a key that cannot sign, found before anything is sent. @throws {ForgeError} `refused` */
export function requireAppKey(key: string | null, id: number): string {
  if (key !== null) return key;
  throw new ForgeError('refused', `no private key for App ${id}: set PAWL_SECRET_APP_KEY to it, in PEM form`);
}
