import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { folderSource } from '../../../pipeline/data/folder.ts';
import { DataOptions, type OptionsOf } from '../../../pipeline/data/options.ts';
import { complaint, dataFolder, drain, load } from '../../support/data.ts';

const optionsOf = (over: Record<string, unknown>) =>
  DataOptions.parse({ kind: 'folder', ...over }) as OptionsOf<'folder'>;
const read = async (files: Record<string, string | Uint8Array>, over: Record<string, unknown> = { path: 'd' }) =>
  drain(folderSource(optionsOf(over)), dataFolder(files));

const folder = suite('folder');

folder('a folder for each label, plain files beside them and hidden ones left out', async () => {
  const { rows, problems } = await read({
    'd/pos/2.txt': 'good',
    'd/pos/1.txt': 'fine\r\n',
    'd/neg/a': 'bad',
    'd/README.md': 'about',
    'd/pos/.DS_Store': 'x',
    'd/.git/x': 'x',
  });
  assert.equal(problems, []);
  assert.equal(
    rows.map(({ split, label, text, file }) => [split, label, text, file]),
    [
      [null, 'neg', 'bad', join('d', 'neg', 'a')],
      [null, 'pos', 'fine\r\n', join('d', 'pos', '1.txt')],
      [null, 'pos', 'good', join('d', 'pos', '2.txt')],
    ],
  );
});

folder('labels below train and test, or in two places', async () => {
  const files = { 'd/train/pos/1': 'a', 'd/train/neg/1': 'b', 'd/test/pos/1': 'c', 'd/test/neg/1': 'd' };
  const expected = ['train neg b', 'train pos a', 'test neg d', 'test pos c'];
  for (const over of [{ path: 'd' }, { train: 'd/train', test: 'd/test' }]) {
    const { rows } = await read(files, over);
    assert.equal(rows.map(({ split, label, text }) => `${split} ${label} ${text}`).sort(), expected.toSorted());
  }
});

folder('reports what is no row instead of passing over it', async () => {
  const { rows, problems } = await read({
    'd/train/pos/1': 'a',
    'd/train/pos/deeper/2': 'b',
    'd/test/neg/1': Buffer.from('ok\ncaf\u00e9', 'latin1'),
    'd/dev/neg/1': 'd',
  });
  assert.is(rows.length, 1);
  assert.equal(problems.map(({ file, line, message }) => [file, line, message.split(/[,:]/)[0]]).sort(), [
    [join('d', 'dev'), null, 'a folder beside train and test'],
    [join('d', 'test', 'neg', '1'), 2, 'not UTF-8'],
    [join('d', 'train', 'pos', 'deeper'), null, 'a folder among the texts'],
  ]);
});

folder('follows links to folders and files; a dangling one is reported', async () => {
  const context = dataFolder({ 'else/1': 'good', 'd/neg/1': 'bad', 'd/neg/2': 'worse' });
  symlinkSync(join(context.folder, 'else'), join(context.folder, 'd/pos'));
  symlinkSync(join(context.folder, 'd/neg/1'), join(context.folder, 'd/neg/3'));
  const { rows } = await drain(folderSource(optionsOf({ path: 'd' })), context);
  assert.equal(rows.map(({ label, text }) => `${label} ${text}`).sort(), [
    'neg bad',
    'neg bad',
    'neg worse',
    'pos good',
  ]);
  symlinkSync(join(context.folder, 'gone'), join(context.folder, 'd/neg/4'));
  const { problems } = await drain(folderSource(optionsOf({ path: 'd' })), context);
  assert.equal(
    problems.map(({ file, message }) => [file, message.split(/ or|:/)[0]]),
    [[join('d', 'neg', '4'), 'there is no such file']],
  );
});

folder('says so when there is no folder, a file, or no label in it', async () => {
  const message = async (files: Record<string, string>) => (await complaint(read(files))).error.message;
  assert.match(await message({}), /^d: there is no such file or folder: check the path$/);
  assert.match(await message({ d: 'x' }), /^d: a part of the path is not a folder/);
  assert.match(await message({ 'd/1.txt': 'x' }), /^d: no folder for any label/);
});

folder('a name cannot write to the terminal of the one who reads the error', async () => {
  const context = dataFolder();
  mkdirSync(join(context.folder, 'd/\u001b[2Jpos/deeper'), { recursive: true });
  const { error } = await complaint(load({ kind: 'folder', path: 'd' }, context));
  assert.match(error.message, /^d.\?\[2Jpos.deeper: a folder among the texts$/);
});

folder.run();
