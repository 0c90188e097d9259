import * as z from 'zod';
import { RegistryError } from './errors.ts';
import { Digest, Name, ObjectId, RunId, Version } from './values.ts';

/** What a commit on main says about itself, as git trailers: enough to find the verdict that allowed it. */
export const MergeFacts = z.strictObject({
  class: z.enum(['promotion', 'rollback']),
  model: Name,
  version: Version,
  promotion: RunId,
  pullRequest: z.int().min(1),
  /** The judged commit; its verdict is attached under it. */
  head: ObjectId,
  candidate: Digest,
  baseline: Digest.nullable(),
  run: RunId.nullable(),
  verdict: Digest,
});
export type MergeFacts = z.infer<typeof MergeFacts>;

/** The commit's message has none of Pawl's trailers, or malformed ones. */
export class NoMergeFactsError extends RegistryError {
  readonly code = 'no_merge_facts';
}

const TRAILERS = {
  class: 'Pawl-Class',
  model: 'Pawl-Model',
  version: 'Pawl-Version',
  promotion: 'Promotion-Id',
  pullRequest: 'Pull-Request',
  head: 'Judged-Head',
  candidate: 'Candidate-Digest',
  baseline: 'Baseline-Digest',
  run: 'Run-Id',
  verdict: 'Verdict-Digest',
} as const satisfies Record<keyof MergeFacts, string>;

type Key = keyof MergeFacts;
const keys = Object.keys(TRAILERS) as Key[];

/** @param title one line @param text paragraphs for people, may be empty; no program reads them */
export function printMergeMessage(title: string, text: string, facts: MergeFacts): string {
  const trailers = keys.map((key) => `${TRAILERS[key]}: ${facts[key] ?? 'none'}`);
  const body = [title.replace(/\s+/g, ' ').trim(), text.trim(), trailers.join('\n')];
  return `${body.filter(Boolean).join('\n\n')}\n`;
}

/** Reads the last paragraph of a message. @throws {NoMergeFactsError} */
export function parseMergeMessage(message: string): MergeFacts {
  const last = message.trimEnd().split(/\n\n+/).at(-1) ?? '';
  const found = new Map<string, string>();
  for (const line of last.split('\n')) {
    const [name = '', value = ''] = line.split(/: (.*)/s);
    if (found.has(name)) throw new NoMergeFactsError(`the trailer ${name} occurs twice`);
    found.set(name, value);
  }
  const number = (key: Key) => Number(found.get(TRAILERS[key]));
  const raw = Object.fromEntries(keys.map((key) => [key, found.get(TRAILERS[key])]));
  const nullable = (value: unknown) => (value === 'none' ? null : value);
  const result = MergeFacts.safeParse({
    ...raw,
    baseline: nullable(raw.baseline),
    run: nullable(raw.run),
    version: number('version'),
    pullRequest: number('pullRequest'),
  });
  if (result.success) return result.data;
  throw new NoMergeFactsError(`no promotion's trailers in the commit message (${z.prettifyError(result.error)})`);
}
