const SAVE_AS_CSV = 'open it and save the sheet as CSV UTF-8, or unpack it if it is an archive';
const UNPACK = 'unpack it first; of compressed files, Pawl reads those of gzip';
const BY_BEGINNING: readonly (readonly [begins: string, what: string])[] = [
  ['version https://git-lfs.github.com/spec/', 'a pointer of Git LFS, not the file itself: run git lfs pull'],
  ['PK\x03\x04', `a zip archive or an Excel workbook (.xlsx): ${SAVE_AS_CSV}`],
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', `an Excel workbook (.xls): ${SAVE_AS_CSV}`],
  ['PAR1\x15', 'a Parquet file: write its rows as JSON Lines, one object a line'],
  ['BZh91AY&SY', `compressed by bzip2: ${UNPACK}`],
  ['\xfd7zXZ\0', `compressed by xz: ${UNPACK}`],
  ['\x28\xb5\x2f\xfd', `compressed by zstd: ${UNPACK}`],
];

/** As many bytes of a file are enough to tell. */
export const LONGEST_BEGINNING = 64;

/** What a file is instead of rows or a text, by its first bytes, and what to do; null if nothing is known against it. */
export function otherFormat(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.subarray(0, LONGEST_BEGINNING)).toString('latin1');
  const found = BY_BEGINNING.find(([begins]) => start.startsWith(begins));
  return found ? `the file is ${found[1]}` : null;
}

const CONVERTED = 'into rows.tsv, and read that with data.quote set to ""';

/** What to do with rows as fastText has them. */
export const FROM_FASTTEXT = `the rows are fastText's: write them with awk 'BEGIN {print "label\\ttext"} {l=$1; sub(/^__label__/, "", l); sub(/^[^ \\t]+[ \\t]+/, ""); gsub(/\\t/, " "); print l "\\t" $0}' FILE ${CONVERTED}`;

/** What to do with one file for each label. */
export const FROM_FILES = `if each file holds one label's texts, one a line: write them with awk 'BEGIN {print "label\\ttext"} NF {l=FILENAME; sub(/.*\\//, "", l); sub(/\\.[^.]*$/, "", l); gsub(/\\t/, " "); print l "\\t" $0}' FOLDER/*.txt ${CONVERTED}`;
