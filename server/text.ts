import * as z from 'zod';

/** How many Unicode code points a text has, counted no further than needed to know that there are more than `most`. */
function codePoints(text: string, most: number): number {
  if (text.length <= most) return text.length; // at most one a code unit: exact enough
  let count = 0;
  for (let i = 0; i < text.length && count <= most; i++, count++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff && i + 1 < text.length) i++;
  }
  return count;
}

/**
 * A text to classify: not empty, well-formed Unicode, no longer than allowed. Everything else is a text: white space,
 * control characters, NUL, any script. A lone surrogate is refused, because no UTF-8 and so no training data can have one.
 */
export const textOf = (most: number) =>
  z
    .string()
    .min(1, 'an empty text cannot be classified')
    .refine((text) => text.isWellFormed(), 'not well-formed Unicode: it has a lone surrogate')
    .refine((text) => codePoints(text, most) <= most, `longer than ${most} characters`)
    .meta({ description: 'well-formed Unicode', maxLength: most, example: 'A quiet film that stays with you.' });
