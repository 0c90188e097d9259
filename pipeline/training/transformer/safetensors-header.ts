import * as z from 'zod';
import { plainPath } from '../../errors.ts';

// https://github.com/huggingface/safetensors#format: 8 bytes length, little-endian; a JSON header; the tensors' bytes.
// Checked like the reference implementation: tensors follow each other without gaps and fill the file, so none can hide
// in another.

/** Bytes of a number, by the type's name. */
const SIZES = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1 },
  ...{ U16: 2, I16: 2, F16: 2, BF16: 2 },
  ...{ U32: 4, I32: 4, F32: 4 },
  ...{ U64: 8, I64: 8, F64: 8 },
} as const;
export type Dtype = keyof typeof SIZES;

/** Where a tensor is: its bytes are those of the file from `start` to before `end`. */
export type StoredTensor = {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
};

export type Header = {
  /** In the order of their bytes. */
  readonly tensors: readonly StoredTensor[];
  readonly metadata: Readonly<Record<string, string>>;
};

export const LENGTH_BYTES = 8;
/**
 * The largest header: many times what the largest encoder needs. Reading one takes up to a hundred times as much
 * memory.
 */
const MAX_HEADER = 4 * 1024 * 1024;
const MAX_TENSORS = 20_000;
const MAX_NAME = 500;
const MAX_PROBLEMS = 10;

const Offset = z.int().min(0);
const Entry = z.strictObject({
  dtype: z.enum(Object.keys(SIZES) as [Dtype, ...Dtype[]], 'has a type that is not known'),
  shape: z.array(Offset).max(8),
  data_offsets: z.tuple([Offset, Offset]),
});
const Metadata = z.record(z.string(), z.string());

/**
 * The header's length.
 *
 * @param first the file's first 8 bytes, or fewer if there are no more
 * @throws {RangeError} if such a header cannot be in a file of so many bytes
 */
export function headerLength(first: Uint8Array, fileBytes: number): number {
  if (first.length < LENGTH_BYTES) throw new RangeError('not a safetensors file: it ends before its header');
  const length = Number(new DataView(first.buffer, first.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
  if (length > MAX_HEADER) throw new RangeError(`not a safetensors file: a header of ${length} bytes`);
  if (length < 2 || length > fileBytes - LENGTH_BYTES)
    throw new RangeError(`the file has ${fileBytes} bytes, its header promises ${length}: it is cut off or damaged`);
  return length;
}

/**
 * Reads an untrusted header.
 *
 * @param json the header alone
 * @param fileBytes size of the whole file
 * @throws {RangeError} naming what is wrong; then no byte of any tensor may be read
 */
export function readHeader(json: Uint8Array, fileBytes: number): Header {
  const { __metadata__, ...entries } = parse(json);
  const metadata = Metadata.safeParse(__metadata__ ?? {});
  if (!metadata.success) throw new RangeError('the header’s __metadata__ is not a list of texts');
  const names = Object.keys(entries);
  if (names.length > MAX_TENSORS) throw new RangeError(`${names.length} tensors, ${MAX_TENSORS} at most`);
  const problems: string[] = [];
  const tensors: StoredTensor[] = [];
  for (const name of names) {
    if (problems.length >= MAX_PROBLEMS) break;
    const found = readEntry(name, entries[name], LENGTH_BYTES + json.length);
    if (typeof found === 'string') problems.push(`${plain(name)} ${found}`);
    else tensors.push(found);
  }
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  checkCoverage(tensors, LENGTH_BYTES + json.length, fileBytes);
  return { tensors, metadata: metadata.data };
}

const plain = (name: string): string => plainPath(name.slice(0, 200));

function parse(json: Uint8Array): Record<string, unknown> {
  if (json[0] !== 0x7b) throw new RangeError('not a safetensors file: the header does not begin with {');
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json);
    value = JSON.parse(text);
  } catch (cause) {
    throw new RangeError(`the header is no JSON: ${plain((cause as Error).message)}`, { cause });
  }
  const twice = repeatedKey(text);
  if (twice !== null) throw new RangeError(`the header has ${plain(twice)} twice: readers differ in which one counts`);
  return value as Record<string, unknown>;
}

/** The first key that an object of a valid JSON text has twice; null if none. */
function repeatedKey(text: string): string | null {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '{') open.push(new Set());
    if (sign === '}') open.pop();
    if (sign !== '"') continue;
    const end = endOfString(text, at);
    if (text[afterSpace(text, end + 1)] === ':') {
      const key = JSON.parse(text.slice(at, end + 1)) as string;
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
    at = end;
  }
  return null;
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (' \t\n\r'.includes(text[at] ?? '.')) at++;
  return at;
}

/** Where the string that begins here ends. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"' || at >= text.length) return at;
  }
}

/** The tensor, or what is wrong with it. */
function readEntry(name: string, value: unknown, dataStart: number): StoredTensor | string {
  if (name.length > MAX_NAME) return 'has too long a name';
  const { success, data, error } = Entry.safeParse(value);
  if (!success) return error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join(', ');
  const { dtype, shape } = data;
  const [start, end] = data.data_offsets;
  // A product with a 0 in it is 0, whatever the rest is; others must not exceed what a number holds exactly.
  const size = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, SIZES[dtype]);
  if (!Number.isSafeInteger(size)) return `has the impossible shape [${shape}]`;
  if (end - start !== size) return `needs ${size} bytes as ${dtype}[${shape}], its offsets give it ${end - start}`;
  return { name, dtype, shape, start: dataStart + start, end: dataStart + end };
}

function checkCoverage(tensors: readonly StoredTensor[], dataStart: number, fileBytes: number): void {
  let at = dataStart;
  for (const { name, start, end } of tensors) {
    if (start < at) throw new RangeError(`${plain(name)} lies over another tensor`);
    if (start > at) throw new RangeError(`${start - at} bytes before ${plain(name)} belong to no tensor`);
    at = end;
  }
  if (at > fileBytes) throw new RangeError(`the tensors reach to byte ${at}, the file has ${fileBytes}: it is cut off`);
  if (at < fileBytes) throw new RangeError(`${fileBytes - at} bytes at the end belong to no tensor`);
}
