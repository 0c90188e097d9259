import { csvSource } from './csv.ts';
import { folderSource } from './folder.ts';
import { imdbSource } from './imdb.ts';
import { jsonlSource } from './jsonl.ts';
import type { DataOptions } from './options.ts';
import { sampleSource } from './sample/sample.ts';
import type { Source } from './source.ts';

/** The source that the options describe. Nothing is read yet. */
export function sourceOf(options: DataOptions): Source {
  switch (options.kind) {
    case 'sample':
      return sampleSource(options);
    case 'imdb':
      return imdbSource(options);
    case 'csv':
      return csvSource(options);
    case 'jsonl':
      return jsonlSource(options);
    case 'folder':
      return folderSource(options);
  }
}
