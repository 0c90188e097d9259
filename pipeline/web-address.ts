import * as z from 'zod';

/**
 * An http(s) address without anything secret in it: `pawl config` prints it, messages name it, and events record it for good.
 * As a signature or a token is as secret in the query as a password before the host, it has neither.
 *
 * @param instead how to give the credentials, for who wanted to; messages never repeat the address
 */
export const webAddress = (instead: string) =>
  z.url({ protocol: /^https?$/ }).superRefine((address, context) => {
    const message = secretIn(address, instead);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

/** Why an address may hold a secret, never repeating it, or null; what is no URL holds none. */
export function secretIn(address: string, instead: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, username, password, search, hash } = new URL(address);
  // Over SSH a name alone says who asks, and proves nothing.
  if (password !== '' || (username !== '' && protocol !== 'ssh:'))
    return `a URL with credentials in it would be recorded for good: take them out, and ${instead}`;
  if (search !== '' || hash !== '') return `an address here has no ? and no #, which may hold a secret: ${instead}`;
  return null;
}
