import { mixed } from '../../registry-repo/runtime/ngrams.ts';
import { Tokenizer } from '../../registry-repo/runtime/tokenizer.ts';
import { wordsOf } from '../../registry-repo/words.ts';

/** How many n-grams of a text are looked up: those with the smallest hashes. For two texts alike, most are in both. */
const SAMPLED = 16;
/** How many texts that share a sampled n-gram are compared with a text, at most. */
const MOST_SHARING = 32;
/** How many evaluation texts are compared in full with one training text, at most: those that share most. */
const MOST_COMPARED = 4;
/** Characters of one step. */
const STEP = 200_000;

/**
 * Counts evaluation texts that are near a training text: of the different 3-grams of words that the two have, at least
 * `share` are in both (Jaccard's index). Texts of fewer than three words are not compared. Equal texts are near, too.
 *
 * The n-grams with the smallest hashes of each evaluation text form an index, in which those of each training text are
 * looked up (Broder 1997). Each list of the index and the comparisons for one text are bounded, so work is linear in
 * the input. Where thousands of texts are alike, fewer may be counted than there are.
 *
 * @param share in (0, 1]
 * @param next called between steps that take well below a second
 */
export async function countNear(
  test: Iterable<string>,
  train: Iterable<string>,
  share: number,
  next: () => Promise<void>,
): Promise<number> {
  const grams = gramsReader();
  const sides: { readonly all: Set<number>; found: boolean }[] = [];
  const index = new Map<number, number[]>();
  let read = 0;
  const step = (text: string) => {
    const before = read;
    read += text.length;
    return Math.floor(before / STEP) < Math.floor(read / STEP);
  };
  for (const text of test) {
    if (step(text)) await next();
    const all = grams(text);
    const at = sides.push({ all, found: false }) - 1;
    for (const gram of smallest(all)) {
      const sharing = index.get(gram);
      if (!sharing) index.set(gram, [at]);
      else if (sharing.length < MOST_SHARING) sharing.push(at);
    }
  }
  let near = 0;
  for (const text of train) {
    if (step(text)) await next();
    const own = grams(text);
    const hits = new Map<number, number>();
    for (const gram of own)
      for (const at of index.get(gram) ?? []) if (!sides[at]?.found) hits.set(at, (hits.get(at) ?? 0) + 1);
    for (const at of most(hits)) {
      const side = sides[at] as (typeof sides)[number];
      if (jaccard(side.all, own, share) < share) continue;
      side.found = true;
      near++;
    }
  }
  return near;
}

/** Reads a text's 3-grams of words as hashes. */
function gramsReader(): (text: string) => Set<number> {
  const tokenizer = new Tokenizer();
  return (text) => {
    const tokens = tokenizer.read(wordsOf(text));
    const { hashes } = tokenizer;
    const grams = new Set<number>();
    for (let i = 0; i + 2 < tokens; i++) {
      const two = Math.imul((hashes[i] as number) ^ rotated(hashes[i + 1] as number, 11), 0x85ebca6b);
      grams.add(mixed(two ^ rotated(hashes[i + 2] as number, 21)));
    }
    return grams;
  };
}

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** The sampled n-grams, in one pass. */
function smallest(grams: Iterable<number>): number[] {
  const kept: number[] = [];
  for (const gram of grams) {
    if (kept.length === SAMPLED && gram >= (kept[SAMPLED - 1] as number)) continue;
    let at = kept.length;
    while (at > 0 && (kept[at - 1] as number) > gram) at--;
    kept.splice(at, 0, gram);
    if (kept.length > SAMPLED) kept.pop();
  }
  return kept;
}

const most = (hits: ReadonlyMap<number, number>): number[] => {
  if (hits.size <= MOST_COMPARED) return [...hits.keys()];
  const sorted = [...hits].sort((a, b) => b[1] - a[1]);
  return sorted.slice(0, MOST_COMPARED).map(([at]) => at);
};

/** Jaccard's index; 0 without comparing if the sizes alone keep it under `least`. */
function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>, least: number): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size < least * large.size) return 0;
  let both = 0;
  for (const gram of small) if (large.has(gram)) both++;
  return both / (small.size + large.size - both);
}
