const REASON = 'Rollback-Reason';
const JUDGED = 'Judged-Head';

/** The longest reason; longer ones are cut, and `pawl rollback` refuses them. */
const MAX_REASON = 2000;

/** The message of a pull request's commit: text for people, then what a gate reads. */
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
 * Why a commit wants production to go back: the reason given to `pawl rollback`, or, if a person made the commit by
 * hand, the text below its title. Null if there is none.
 */
export function reasonOf(message: string): string | null {
  const told = trailer(message, REASON);
  if (told !== null) return fromJson(told);
  const [, ...paragraphs] = message.trim().split(/\n\n+/);
  const words = paragraphs.filter((p) => !/^(?:[A-Za-z-]+: .*(?:\n|$))+$/.test(p)).join('\n\n');
  return cut(words);
}

/**
 * The commit that was judged in place of this one. This commit claims that it brings the same changes; the reader must
 * check that.
 */
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
