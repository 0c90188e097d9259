import { jsonlSource } from '../../pipeline/data/jsonl.ts';
import { DataOptions, type OptionsOf } from '../../pipeline/data/options.ts';

// Counts the rows of a JSON Lines file and keeps none, for a test that gives this process too little memory for the file.

const options = DataOptions.parse({ kind: 'jsonl', path: process.argv[2] }) as OptionsOf<'jsonl'>;
let rows = 0;
for await (const _ of jsonlSource(options).read({
  folder: '.',
  cacheFolder: '.',
  problem: ({ message }) => assertNone(message),
  progress: () => {},
  signal: new AbortController().signal,
  fetch,
}))
  rows++;
process.stdout.write(`${rows} rows\n`);

function assertNone(message: string): never {
  throw new Error(message);
}
