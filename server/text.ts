import * as z from 'zod';

/** Counts a text's Unicode code points, but stops when there are more than `most`. */
function codePoints(text: string, most: number): number {
  if (text.length <= most) return text.length; // never less than its code points
  let count = 0;
  for (let i = 0; i < text.length && count <= most; i++, count++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff && i + 1 < text.length) i++;
  }
  return count;
}

/**
 * A text to classify: not empty, well-formed Unicode, not longer than allowed. White space, control characters, NUL and
 * any script are allowed. A lone surrogate is refused, because UTF-8, and so training data, cannot have one.
 */
export const textOf = (most: number) =>
  z
    .string()
    .min(1, 'an empty text cannot be classified')
    .refine((text) => text.isWellFormed(), 'not well-formed Unicode: it has a lone surrogate')
    .refine((text) => codePoints(text, most) <= most, `longer than ${most} characters`)
    .meta({ description: 'well-formed Unicode', maxLength: most, example: 'A quiet film that stays with you.' });
