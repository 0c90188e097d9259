import { ForgeError } from '../errors.ts';

const TOO_BROAD = /^(?:admin:.*|delete_repo|workflow|site_admin)$/;

/**
 * Refuses a classic token whose scopes are too wide: with scopes that can rewrite rules or workflows, it could undo the
 * gate.
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
