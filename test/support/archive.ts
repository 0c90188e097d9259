import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** A tar archive with these files, not compressed. */
export async function tarOf(files: Record<string, string | Buffer>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export const tarGzOf = async (files: Record<string, string | Buffer>): Promise<Buffer> => gzipSync(await tarOf(files));

/** The layout of the film reviews with a few of each kind, and what else the original archive holds. */
export const fewReviews: Record<string, string> = {
  'aclImdb/README': 'about',
  'aclImdb/imdb.vocab': 'the\n',
  'aclImdb/train/labeledBow.feat': '9 0:9',
  'aclImdb/train/urls_pos.txt': 'http://example.com/1',
  'aclImdb/train/neg/0_3.txt': 'Bad.<br /><br />Very bad.',
  'aclImdb/train/neg/1_1.txt': 'Worse.',
  'aclImdb/train/pos/0_9.txt': 'Good.',
  'aclImdb/train/pos/1_10.txt': 'Better.',
  'aclImdb/train/unsup/0_0.txt': 'Who knows.',
  'aclImdb/test/neg/0_2.txt': 'Dull.',
  'aclImdb/test/pos/0_8.txt': 'Fine.',
};
