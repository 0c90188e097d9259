import type { ObjectId } from './values.ts';

/** The contents of a commit object; `message` without the line ends at its end. */
export type CommitObject = {
  readonly tree: ObjectId;
  readonly parents: readonly ObjectId[];
  readonly message: string;
};

/** Name and address of a commit's author or committer. */
export type Identity = { readonly name: string; readonly email: string };

/** The contents of a new commit; times are precise to the second. */
export type NewCommit = {
  readonly tree: ObjectId;
  readonly parents: readonly ObjectId[];
  readonly message: string;
  readonly by: Identity;
  readonly time: Date;
};

/** Reads a commit object. @returns null if its text is in another encoding than UTF-8, or if it is not as git writes one */
export function parseCommit(bytes: Buffer): CommitObject | null {
  const end = bytes.indexOf('\n\n');
  const head = bytes.toString('utf8', 0, end < 0 ? bytes.length : end).split('\n');
  const [, tree] = /^tree ([0-9a-f]{40}|[0-9a-f]{64})$/.exec(head[0] ?? '') ?? [];
  if (end < 0 || tree === undefined || head.some((line) => line.startsWith('encoding '))) return null;
  const parents: ObjectId[] = [];
  for (const line of head.slice(1)) {
    const [, parent] = /^parent ([0-9a-f]{40}|[0-9a-f]{64})$/.exec(line) ?? [];
    if (parent === undefined) break;
    parents.push(parent);
  }
  const message = bytes.toString('utf8', end + 2);
  if (message.includes('\0')) return null;
  return { tree, parents, message: message.trimEnd() };
}

/**
 * Git strips these characters from the ends of names, and removes some from within. Source: `crud` in git's ident.c.
 */
const PLAIN = /^(?![\s.,:;"'\\])[^\p{Cc}<>\uFFFD]+(?<![\s.,:;"'\\])$/u;

/**
 * From this number of digits on, git reads a number as seconds whatever follows it. Source: `match_digit` in git's
 * date.c.
 */
const FIRST_SECOND = 100_000_000;

/** A commit object's bytes, as `git commit-tree` makes them; null where git would change something, or refuse. */
export function printCommit({ tree, parents, message, by, time }: NewCommit): Buffer | null {
  const seconds = Math.floor(time.getTime() / 1000);
  if (![by.name, by.email].every((text) => PLAIN.test(text)) || !(seconds >= FIRST_SECOND)) return null;
  if (message.includes('\0') || new Set(parents).size !== parents.length) return null;
  const who = `${by.name} <${by.email}> ${seconds} +0000`;
  const head = [`tree ${tree}`, ...parents.map((p) => `parent ${p}`), `author ${who}`, `committer ${who}`];
  return Buffer.from(`${head.join('\n')}\n\n${message}`, 'utf8');
}
