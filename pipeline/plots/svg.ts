// The part of SVG that plots need: text in, text out. The same input gives the same bytes on every machine, so numbers
// are rounded, and nothing is drawn that needs a font's measure, a script, or another file.

/** Every plot is this wide, in units of the view box. */
export const WIDTH = 720;

/** How many series have a colour of their own. */
export const COLOURS = 8;

const LIGHT = ['#0969da', '#bc4c00', '#1a7f37', '#8250df', '#bf3989', '#7d4e00', '#1b7c83', '#cf222e'];
const DARK = ['#58a6ff', '#f0883e', '#3fb950', '#bc8cff', '#f778ba', '#d29922', '#39c5cf', '#ff7b72'];

/** Series differ by dashes as well, for people who cannot tell the colours apart. */
const DASHES = ['none', 'none', 'none', 'none', '7 3', '7 3', '2 3', '2 3'];

const palette = (paper: string, ink: string, faint: string, grid: string, colours: readonly string[]): string =>
  `svg{--paper:${paper};--ink:${ink};--faint:${faint};--grid:${grid};${colours.map((c, i) => `--c${i}:${c}`).join(';')}}`;

// A plot has its own background: a page's theme and the browser's may differ.
const STYLE = [
  palette('#ffffff', '#1f2328', '#59636e', '#d8dee4', LIGHT),
  `@media(prefers-color-scheme:dark){${palette('#0d1117', '#e6edf3', '#9198a1', '#30363d', DARK)}}`,
  'text{fill:var(--ink);font:12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}',
  '.title{font-size:15px;font-weight:600}.strong{font-weight:600}.faint{fill:var(--faint)}.small{font-size:10px}',
  'path,line{fill:none;stroke-width:1}.grid{stroke:var(--grid)}.axis{stroke:var(--faint)}',
  '.guide{stroke:var(--faint);stroke-dasharray:4 4}.series{stroke-width:1.8;stroke-linejoin:round}',
  ...LIGHT.map((_, i) => `.s${i}{stroke:var(--c${i});stroke-dasharray:${DASHES[i]}}.f${i}{fill:var(--c${i})}`),
  '.key{fill:var(--faint)}.bar{fill-opacity:.55}.mark{stroke:var(--paper);stroke-width:1.5}',
].join('\n');

/** A coordinate or length: at most two decimals. */
export const num = (value: number): string => String(Math.round(value * 100) / 100 + 0);

/** Text from anywhere, harmless inside an element or an attribute; characters that XML cannot hold become spaces. */
export const escaped = (text: string): string =>
  text
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');

/** At most `max` characters, an ellipsis where it was cut. */
export function shortened(text: string, max: number): string {
  const characters = [...text.slice(0, 4 * max)];
  return characters.length <= max && text.length <= 4 * max ? text : `${characters.slice(0, max - 1).join('')}…`;
}

type TextStyle = { readonly anchor?: 'start' | 'middle' | 'end'; readonly style?: string };

export const label = (content: string, x: number, y: number, { anchor = 'start', style }: TextStyle = {}): string =>
  `<text x="${num(x)}" y="${num(y)}"${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}${style ? ` class="${style}"` : ''}>${escaped(content)}</text>`;

export const line = (x1: number, y1: number, x2: number, y2: number, style: string): string =>
  `<line x1="${num(x1)}" y1="${num(y1)}" x2="${num(x2)}" y2="${num(y2)}" class="${style}"/>`;

export const dot = (x: number, y: number, radius: number, style: string): string =>
  `<circle cx="${num(x)}" cy="${num(y)}" r="${num(radius)}" class="${style}"/>`;

export const bar = (x: number, y: number, width: number, height: number, style: string): string =>
  `<rect x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}" class="${style}"/>`;

export const path = (commands: string, style: string): string => `<path d="${commands}" class="${style}"/>`;

/** The colour of the n-th series, as a class. */
export const colour = (index: number): number => index % COLOURS;

type Drawing = {
  readonly height: number;
  readonly title: string;
  /** One line under the title. */
  readonly subtitle: string;
  /** What the plot shows, for people who do not see it. */
  readonly description: string;
  readonly body: readonly string[];
};

/** A whole file. It has a title and a description for screen readers, and follows the reader's light or dark theme. */
export function drawing({ height, title, subtitle, description, body }: Drawing): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${num(height)}" width="${WIDTH}" height="${num(height)}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="desc">${escaped(description)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${num(height)}" rx="6" style="fill:var(--paper)"/>`,
    label(title, 20, 28, { style: 'title' }),
    label(subtitle, 20, 47, { style: 'faint' }),
    ...body,
    '</svg>',
  ].join('\n')}\n`;
}
