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

/**
 * People put passwords and tokens into URLs: what stands before the host or after the path is left out, also of a text
 * that is nearly a URL.
 */
export function withoutSecret(text: string): string {
  const at = text.lastIndexOf('@');
  const before = text.slice(0, Math.max(at, 0));
  const begin = /^(?:[a-z][a-z0-9+.-]*:)?[/\\]+/i.exec(before)?.[0] ?? '';
  const plain = before !== begin && /[:/\\]/.test(before) ? `${begin}…${text.slice(at)}` : text;
  return plain.replace(/^([a-z][a-z0-9+.-]*:[^?#]*[?#]).*$/is, '$1…');
}
