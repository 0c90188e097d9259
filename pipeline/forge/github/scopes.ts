import { ForgeError } from '../errors.ts';

const TOO_BROAD = /^(?:admin:.*|delete_repo|workflow|site_admin)$/;

/**
 * A classic token tells its scopes; one that could rewrite rules or workflows would undo the gate it works for.
 *
 * @param scopes the `x-oauth-scopes` header; only classic tokens have one
 * @throws {ForgeError} `refused`
 */
export function refuseBroadScopes(scopes: string | number | undefined): void {
  const broad = String(scopes ?? '')
    .split(',')
    .map((scope) => scope.trim())
    .filter((scope) => TOO_BROAD.test(scope));
  if (broad.length === 0) return;
  throw new ForgeError(
    'refused',
    `this classic token may do too much (${broad.join(', ')}): use a GitHub App, or a fine-grained token for the registry alone with read and write access to contents, pull requests, commit statuses and actions`,
  );
}
