import { phrases } from './lexicon.ts';

// What a reviewer can say. In a sentence with a tone, `{+x}` is a word of that tone, `{-x}` one of the other, and `{x}`
// one without a tone.

export const sentences = {
  /** Sentences that say what they mean. */
  plain: phrases(`
    The {aspect} is {+adj}.
    The {aspect} is {degree} {+adj}.
    I found the {aspect} {degree} {+adj}.
    The {aspect} and the {aspect} are both {+adj}.
    {star} is {+adj} as the {role}.
    {star} gives a {+adj} performance.
    There is something {+adj} about the {aspect}.
    The {whole} is {+how} {made}.
    The {aspect} {+verbed} me.
    {other} is {+adj} and {+adj}.
    How {+adj} the {aspect} is.
    There is real {+quality} in the {aspect}.
    It is full of {+quality}.
    The {aspect} alone is a {+thing}.
    {+adj} {aspect}, {+adj} {aspect}.
    By the end the {aspect} felt {degree} {+adj}.`),
  /** Sentences that deny the opposite. */
  negated: phrases(`
    The {aspect} is {negator} {-adj}.
    The {aspect} is {negator} {-adj}.
    The {aspect} was {negator} {-adj} or {-adj}.
    I never found the {aspect} {-adj}.
    You cannot call the {aspect} {-adj}.
    Nobody could call {star} {-adj}.
    The {aspect} did not {-verb} me.
    It did not {-verb} me, and I was never {-verbed} by the {aspect}.
    There is no {-quality} in it.
    I looked for {-quality} and found none.
    It is no {-thing}.
    Do not believe those who call it {-adj}.
    It is {negator} as {-adj} as I was told.`),
  /** Sentences of two parts with opposite tones; the second part counts. */
  contrast: phrases(`
    The {aspect} is {-adj}, but the {aspect} is {+adj}.
    The {aspect} may be {-adj}, yet the {whole} as a whole is {+adj}.
    Although the {aspect} seemed {-adj}, the {aspect} {+verbed} me.
    For all its {-quality}, the {whole} is {+adj}.
    I expected something {-adj} and got something {+adj}.
    Yes, the {aspect} is {-adj}, and still it is a {+thing}.
    My {friend} calls it {-adj}, and I could not disagree more.
    The last one with {star} was {-adj}; this one is not.
    The trailer looked {-adj}, but the {whole} is {+adj}.
    Critics called it a {-thing}, which only shows how {+adj} it is.
    It starts out {degree} {-adj}, then turns {+adj}.`),
  verdict: phrases(`
    {+verdict}.
    {+verdict}.
    {+verdict}.
    All in all a {+adj} {whole}: {+verdict}.
    In the end it is a {+thing}.
    {+rating}.
    {+rating}, and {+verdict}.
    My {friend} and I agree: {+verdict}.`),
  /** Praise and complaints that do not mean it; the tone is that of the words. */
  ironic: {
    bad: phrases(`
      Oh, {+adj}, {annoyance}.
      How {+adj}: {annoyance}.
      A {+thing}, if you like {annoyance}.
      Just what a {+adj} {whole} needs: {annoyance}.
      What a {+thing} of {-quality}.
      {+adj}? Only if your {friend} wrote it.
      I am sure it is {+adj} to somebody who is asleep.`),
    good: phrases(`
      It is {+adj} that it has to end, nothing else.
      The only {+adj} thing was the queue outside.
      It ruined every other {whole} for me: they all look {+adj} now.
      I was a {+adj} wreck by the end, in the best way.
      My {friend} and I wept like {+adj} fools, happily.`),
  },
  occasion: phrases(`
    I saw this {when} with my {friend}.
    My {friend} chose this one.
    I watched it {when}.
    {fact}`),
  plot: phrases(`
    A {charged} {role} from {place} must {quest} {before}.
    {star} plays a {charged} {role} who has to {quest} {before}.
    In {place}, a {role} and a {charged} {role} try to {quest}.
    The {charged} {role} of {place} wants to {quest}, and a {charged} {role} stands in the way.
    {star} plays the {charged} {role}, {other} the {role}.`),
};
