import { ForgeError } from '../errors.ts';

/** The account that acts on a forge. Tokens are asked for at every use: they may expire. */
export type Credentials = {
  /** `actions`: the token of a workflow's job, whose pull requests start no workflow. */
  readonly kind: 'app' | 'token' | 'actions';
  token(): Promise<string>;
  /** The permanent id of the account; null asks the forge, as `GET /user`. */
  readonly account: (() => Promise<string>) | null;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Credentials of a token: `PAWL_SECRET_FORGE_TOKEN`, else `GH_TOKEN`, else `GITHUB_TOKEN`.
 *
 * @throws {ForgeError} `refused`, if there is none
 */
export function tokenCredentials(secret: string | null, env: Environment): Credentials {
  const token = secret || env.GH_TOKEN || env.GITHUB_TOKEN; // a workflow passes a missing secret as an empty text
  if (!token)
    throw new ForgeError(
      'refused',
      'no credentials for the forge: set PAWL_SECRET_FORGE_TOKEN, or registry.app.id and PAWL_SECRET_APP_KEY',
    );
  const inJob = env.GITHUB_ACTIONS === 'true' && token.startsWith('ghs_') && token === env.GITHUB_TOKEN;
  return { kind: inJob ? 'actions' : 'token', token: async () => token, account: null };
}

/**
 * Refuses a job's own token: no workflow is started for its pull requests, so they would wait for ever.
 * @throws {ForgeError} `refused`
 */
export function refuseJobToken({ kind }: Credentials): void {
  if (kind !== 'actions') return;
  throw new ForgeError(
    'refused',
    'a workflow’s own GITHUB_TOKEN opens pull requests that start no workflow, so no gate would see this one: use a GitHub App (registry.app.id, PAWL_SECRET_APP_KEY) or a fine-grained token (PAWL_SECRET_FORGE_TOKEN)',
  );
}
