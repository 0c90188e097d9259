import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { imdbArchive } from './imdb.ts';

/** Reviews of the archive by their paths in it, as they lie there. */
export async function* readImdb(wanted: ReadonlySet<string>): AsyncGenerator<{ path: string; text: string }> {
  const archive = imdbArchive();
  if (!archive) return;
  const entries = createReadStream(archive).pipe(createGunzip()).pipe(extract());
  for await (const entry of entries) {
    const { name: path } = entry.header;
    if (!wanted.has(path)) {
      entry.resume();
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    yield { path, text: Buffer.concat(chunks).toString('utf8') };
  }
}
