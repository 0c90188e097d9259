/** Comments of a page between which a program writes. */
export type Marks = readonly [start: string, end: string];

/** The text between a page's marks; null if it has no marks. */
export function between(page: string, marks: Marks): string | null {
  const place = placeOf(page, marks);
  return place && page.slice(...place).trim();
}

/** A page with another text between its marks. @throws {Error} if it has no marks */
export function withBetween(page: string, marks: Marks, text: string): string {
  const place = placeOf(page, marks);
  if (place === null) throw new Error(`the page has no marks ${marks.join(' and ')}`);
  return `${page.slice(0, place[0])}\n\n${text}\n\n${page.slice(place[1])}`;
}

function placeOf(page: string, [start, end]: Marks): [number, number] | null {
  const from = page.indexOf(start);
  const to = page.indexOf(end, from);
  return from < 0 || to < 0 ? null : [from + start.length, to];
}
