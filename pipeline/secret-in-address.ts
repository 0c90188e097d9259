/** Why an address may hold a secret, without repeating it, or null. A text that is no URL holds none. */
export function secretIn(address: string, instead: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, username, password, search, hash } = new URL(address);
  // Over SSH a user name alone is no secret.
  if (password !== '' || (username !== '' && protocol !== 'ssh:'))
    return `a URL with credentials in it would be recorded for good: take them out, and ${instead}`;
  if (search !== '' || hash !== '') return `an address here has no ? and no #, which may hold a secret: ${instead}`;
  return null;
}
