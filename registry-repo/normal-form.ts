/** UAX #15's stream-safe bound: no text of any language has more marks on one character. */
const MOST_MARKS = 30;
const FIRST_MARK = 0x300;

/**
 * Every character that a normal form may move past another: those of a combining class are marks, and two forms of half width
 * decompose to such.
 */
const RUNS = /[\p{M}\uff9e\uff9f]{31,}/gu;

export type Form = 'NFC' | 'NFD' | 'NFKC';

/**
 * The same as `text.normalize(form)`, in work that is linear in the text. Engines put marks into order by insertion,
 * which is quadratic in the number of marks behind one character: 200 kB of them take ten seconds. Here long runs are
 * put into order first, so that the engine moves nothing. The result is canonically equivalent, and so its normal form
 * is the same.
 *
 * Source: Unicode Standard, 3.11, D108 and D109 (canonical ordering); UAX #15, 13 (stream-safe text).
 */
export function normalForm(text: string, form: Form): string {
  return (hasRun(text) ? text.replace(RUNS, (run) => inOrder(run, form)) : text).normalize(form);
}

/** Whether there might be a run: cheap for texts with few characters beyond Latin ones. */
function hasRun(text: string): boolean {
  let run = 0;
  for (let i = 0; i < text.length; i++) {
    run = text.charCodeAt(i) < FIRST_MARK ? 0 : run + 1;
    if (run > MOST_MARKS) return true;
  }
  return false;
}

/** Marks between two characters that have no class, by class; those of one class stay in their order. */
function inOrder(run: string, form: Form): string {
  const decomposition = form === 'NFKC' ? 'NFKD' : 'NFD';
  const ordered: string[] = [];
  let open = new Map<string, string[]>();
  const close = () => {
    for (const like of open.size > 0 ? classes : []) ordered.push(...chunks(open.get(like)));
    open = new Map();
  };
  for (const character of run)
    for (const mark of character.normalize(decomposition)) {
      const like = classOf(mark);
      if (like === null) {
        close();
        ordered.push(mark);
      } else {
        const same = open.get(like);
        if (same) same.push(mark);
        else open.set(like, [mark]);
      }
    }
  close();
  return ordered.join('');
}

const chunks = (marks: readonly string[] = []): string[] => (marks.length > 0 ? [marks.join('')] : []);

/** One mark of each combining class that was met, in the order of the classes. There are some fifty. */
const classes: string[] = [];
const known = new Map<string, string | null>();
/** Of the classes 1 and 240, the first and the last. */
const [FIRST, LAST] = ['\u0334', '\u0345'];

/** Two marks sort by their classes. The engine knows the classes, but its regular expressions do not. */
const precedes = (a: string, b: string): boolean => (b + a).normalize('NFD') !== b + a;

/** The mark that represents its class; null for a character without one. */
function classOf(mark: string): string | null {
  const found = known.get(mark);
  if (found !== undefined) return found;
  const like = precedes(FIRST, mark) || precedes(mark, LAST) ? likeOf(mark) : null;
  known.set(mark, like);
  return like;
}

function likeOf(mark: string): string {
  const at = classes.findIndex((like) => !precedes(like, mark));
  const like = classes[at];
  if (like !== undefined && !precedes(mark, like)) return like;
  classes.splice(like === undefined ? classes.length : at, 0, mark);
  return mark;
}
