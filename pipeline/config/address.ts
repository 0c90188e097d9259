import { secretIn } from '../secret-in-address.ts';

const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a repository's address is a URL; else it is a path on this machine. */
export const isUrl = (address: string): boolean => URL_LIKE.test(address);

/** Why an address cannot be a training repository's, without repeating it, or null. */
export function addressProblem(address: string): string | null {
  if (/^[^/]+@[^/]+:/.test(address)) return 'git over SSH is not spoken here: use the https URL';
  if (!isUrl(address)) return null;
  if (!URL.canParse(address)) return 'is no URL';
  const secret = secretIn(address, 'set PAWL_SECRET_FORGE_TOKEN');
  if (secret !== null) return secret;
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))) return null;
  if (protocol === 'http:') return 'http is for this machine alone: use https';
  return 'use a path, or an https URL';
}

/**
 * A repository's URL as events record it: as GitHub Actions name it, so that a push is recorded the same way whatever
 * reported it.
 */
export const plainUrl = (url: string): string => new URL(url).href.replace(/\/+$/, '').replace(/\.git$/, '');

/** The last two names of an address, `owner/name`: how forges name repositories in webhooks. */
export function fullNameOf(address: string): string | null {
  const path = isUrl(address) ? new URL(address).pathname : address;
  const names = path
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .filter(Boolean);
  return names.length < 2 ? null : names.slice(-2).join('/');
}
