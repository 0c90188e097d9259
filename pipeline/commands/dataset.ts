/** Flags that say where data comes from, without writing a settings file. */
export const DATA_FLAGS = [
  { flags: '--dataset <kind>', description: 'sample, imdb, csv, jsonl or folder', setting: 'data.kind' },
  {
    flags: '--data <path>',
    description: 'the file, archive or folder with the rows',
    setting: 'data.path',
    path: true,
  },
] as const;
