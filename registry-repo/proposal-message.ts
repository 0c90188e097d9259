const REASON = 'Rollback-Reason';
const JUDGED = 'Judged-Head';

/** No reason needs more; longer ones are cut, as those of `pawl rollback` are refused. */
const MAX_REASON = 2000;

/** What the commit of a pull request says: words for people, then what a gate reads of it. */
export function printProposalMessage(
  title: string,
  facts: { readonly promotion: string; readonly reason: string | null; readonly judgedHead?: string },
): string {
  const trailers = [
    `Promotion-Id: ${facts.promotion}`,
    ...(facts.reason === null ? [] : [`${REASON}: ${JSON.stringify(facts.reason)}`]),
    ...(facts.judgedHead === undefined ? [] : [`${JUDGED}: ${facts.judgedHead}`]),
  ];
  return `${title}\n\n${trailers.join('\n')}\n`;
}

/**
 * Why a commit wants production to go back: as `pawl rollback` was told, or, where somebody made the commit by hand, what they
 * wrote below its title. Null if they wrote nothing.
 */
export function reasonOf(message: string): string | null {
  const told = trailer(message, REASON);
  if (told !== null) return fromJson(told);
  const [, ...paragraphs] = message.trim().split(/\n\n+/);
  const words = paragraphs.filter((p) => !/^(?:[A-Za-z-]+: .*(?:\n|$))+$/.test(p)).join('\n\n');
  return cut(words);
}

/** The commit that was judged in place of this one, which says that it brings the same changes; whether it does is for the reader. */
export function judgedHeadOf(message: string): string | null {
  const head = trailer(message, JUDGED);
  return head !== null && /^[0-9a-f]{40}$/.test(head) ? head : null;
}

function trailer(message: string, name: string): string | null {
  const last = message.trimEnd().split(/\n\n+/).at(-1) ?? '';
  const line = last.split('\n').find((l) => l.startsWith(`${name}: `));
  return line === undefined ? null : line.slice(name.length + 2);
}

function fromJson(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? cut(value) : null;
  } catch {
    return null;
  }
}

const cut = (text: string): string | null => text.trim().slice(0, MAX_REASON).toWellFormed() || null;
