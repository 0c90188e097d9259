/** How many characters of the end of a program's output are kept. */
const MOST = 1 << 20;
const CUT = '… (what came before was not kept)\n';

/** The end of a text that comes line by line and may be of any length. */
export class Said {
  #text = '';
  #cut = false;

  add(line: string): void {
    this.#text += `${line}\n`;
    if (this.#text.length > 4 * MOST) this.#shorten();
  }

  bytes(): Uint8Array {
    this.#shorten();
    return Buffer.from((this.#cut ? CUT : '') + this.#text.toWellFormed(), 'utf8');
  }

  #shorten(): void {
    if (this.#text.length <= MOST) return;
    this.#text = this.#text.slice(-MOST);
    this.#cut = true;
  }
}
