import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from './support/paths.ts';

/** Numbers stay with their attacks for ever; those between are of nobody yet. */
const ATTACKS = [...range(1, 88), ...range(90, 97), 110];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

type Row = { readonly numbers: readonly number[]; readonly files: readonly string[]; readonly tested: string };

/** Rows of the table of attacks: `| 22–24 | attack | what stops it | files of test/, or none: why |`. */
const rows = readFileSync(join(root, 'SECURITY.md'), 'utf8')
  .split('\n')
  .flatMap((line): Row[] => {
    const cells = /^\| (\d+)(?:–(\d+))? \| (.+) \| (.+) \| (.+) \|$/.exec(line);
    if (!cells) return [];
    const [first, last, tested] = [Number(cells[1]), Number(cells[2] ?? cells[1]), cells[5] as string];
    const files = [...tested.matchAll(/`([^`]+)`/g)].map((m) => m[1] as string);
    return [{ numbers: ATTACKS.filter((n) => n >= first && n <= last), files, tested }];
  });

/** Where titles name an attack (`attack 13: …`, `attacks 17, 61: …`), by its number; files without their endings. */
const tested = new Map<number, Set<string>>(ATTACKS.map((n) => [n, new Set()]));
const folder = join(root, 'test');
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  const name = /^(.*)\.(?:test|slow)\.ts$/.exec(file)?.[1]?.replaceAll(sep, '/');
  if (name === undefined) continue;
  for (const [, numbers = ''] of readFileSync(join(folder, file), 'utf8').matchAll(
    /^ *(?:\w+\()?['`]attacks? (\d+(?:, \d+)*): /gm,
  ))
    for (const number of numbers.split(', ').map(Number)) {
      assert.ok(tested.has(number), `${file} has a test of attack ${number}, which is no attack of SECURITY.md`);
      tested.get(number)?.add(name);
    }
}

const table = suite('the table of attacks in SECURITY.md');

table('has every attack once', () => {
  assert.equal(
    rows.flatMap((row) => row.numbers),
    ATTACKS,
  );
});

for (const { numbers, files, tested: cell } of rows)
  table(`${numbers.join(', ')}: is tested where it says, and nowhere else`, () => {
    if (files.length === 0) assert.match(cell, /^none: .{20,}/, 'without a test, it says why');
    for (const name of files)
      assert.ok(
        ['test', 'slow'].some((kind) => existsSync(join(folder, `${name}.${kind}.ts`))),
        `there is no ${name}`,
      );
    for (const number of numbers)
      assert.equal([...(tested.get(number) ?? [])].sort(), files.toSorted(), `attack ${number}`);
  });

table.run();
