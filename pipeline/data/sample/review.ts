import type { Random } from '../../../registry-repo/random.ts';
import { sentences } from './grammar.ts';
import { neutral, syllables, toned } from './lexicon.ts';

type Tone = 'bad' | 'good';
const other = (tone: Tone): Tone => (tone === 'bad' ? 'good' : 'bad');

const pick = (list: readonly string[], random: Random): string => list[random.below(list.length)] as string;

/** Running sums of the weights 1/(rank + 6), in millionths, for the longest list so far. */
const sums: number[] = [];

/** Picks an index so that the first words are frequent and the last ones rare, as in any language. */
function pickWord(list: readonly string[], random: Random): string {
  while (sums.length < list.length) sums.push((sums.at(-1) ?? 0) + Math.floor(1e6 / (sums.length + 6)));
  const at = random.below(sums[list.length - 1] as number);
  return list[sums.findIndex((sum) => at < sum)] as string;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function inventName(random: Random): string {
  const { first, last } = syllables;
  return `${pick(first, random)}${pick(last, random)} ${pick(first, random)}${pick(last, random)}`;
}

/** How a review is written at a difficulty in [0, 1]: the probability of each way to say things. */
const habits = (difficulty: number) => ({
  /** That a remark has the other tone than the review. */
  dissent: 0.05 + 0.2 * difficulty,
  negated: 0.1 + 0.16 * difficulty,
  contrast: 0.05 + 0.14 * difficulty,
  ironic: 0.08 * difficulty,
  /** That the verdict is included at all, and that it is a weak one of the other tone. */
  verdict: 0.97 - 0.3 * difficulty,
  halfHearted: 0.02 + 0.06 * difficulty,
});

/** Writes one review. The tone is the writer's overall opinion. */
export class Reviewer {
  readonly #random: Random;
  readonly #cast: { readonly star: string; readonly other: string };
  readonly #habits: ReturnType<typeof habits>;

  constructor(random: Random, difficulty: number) {
    this.#random = random;
    this.#cast = { star: inventName(random), other: inventName(random) };
    this.#habits = habits(difficulty);
  }

  write(tone: Tone): string {
    const random = this.#random;
    const { verdict, halfHearted, dissent } = this.#habits;
    const said = random.chance(0.5) ? [this.#say(pick(sentences.occasion, random), tone)] : [];
    said.push(this.#say(pick(sentences.plot, random), tone));
    for (let remarks = 4 + random.below(5); remarks > 0; remarks--) {
      said.push(this.#remark(tone, random.chance(dissent) ? other(tone) : tone));
      if (random.chance(0.2)) said.push(this.#say(pick(neutral.fact as string[], random), tone));
    }
    if (random.chance(verdict))
      said.push(this.#say(pick(sentences.verdict, random), random.chance(halfHearted) ? other(tone) : tone));
    return said.join(' ');
  }

  #remark(whole: Tone, tone: Tone): string {
    const random = this.#random;
    const { negated, contrast, ironic } = this.#habits;
    if (random.chance(ironic)) return this.#say(pick(sentences.ironic[whole], random), other(whole));
    if (random.chance(negated)) return this.#say(pick(sentences.negated, random), tone);
    if (random.chance(contrast)) return this.#say(pick(sentences.contrast, random), tone);
    return this.#say(pick(sentences.plain, random), tone);
  }

  #say(sentence: string, tone: Tone): string {
    return capital(this.#fill(sentence, tone).replace(/\b([Aa]) (?=[aeiou]|honest)/g, '$1n '));
  }

  #fill(template: string, tone: Tone): string {
    return template.replace(/\{([+-]?)([a-z]+)\}/gi, (_, sign: string, name: string) => {
      if (name === 'star' || name === 'other') return this.#cast[name];
      const list = sign === '' ? neutral[name] : toned[name]?.[sign === '+' ? tone : other(tone)];
      if (!list) throw new Error(`the grammar has no ${sign}${name}`);
      return this.#fill(pickWord(list, this.#random), tone);
    });
  }
}
