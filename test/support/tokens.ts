import { Tokenizer } from '../../registry-repo/runtime/tokenizer.ts';

/** FNV-1a over the UTF-16 code units of a token as it is meant: lower case, NFC. */
export function hashOf(token: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < token.length; i++) hash = Math.imul(hash ^ token.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/** The hashes of a text's tokens, by a tokenizer that has read nothing before. */
export function tokensOf(text: string, tokenizer = new Tokenizer()): number[] {
  const count = tokenizer.read(text);
  return [...tokenizer.hashes.subarray(0, count)];
}
