import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { auditFindings } from '../../scripts/docs/audit-findings.ts';
import { errors } from '../../scripts/docs/errors.ts';
import { codesOf } from '../../scripts/docs/explained.ts';
import { gateReasons } from '../../scripts/docs/gate-reasons.ts';
import { loggedMetrics } from '../../scripts/docs/logged-metrics.ts';
import { referencePages } from '../../scripts/docs/reference.ts';
import { root } from '../support/paths.ts';

const reference = suite('docs/reference');
const pages = await referencePages();
const fileOf = (path: string): string => readFileSync(join(root, path), 'utf8');

reference('has the pages that the source gives, and no other', () => {
  const there = readdirSync(join(root, 'docs/reference')).map((file) => `docs/reference/${file}`);
  assert.equal(there.sort(), [...pages.keys()].sort());
});

for (const [path, text] of pages)
  reference(`${path} is what the source gives: npm run docs writes it`, () => assert.fixture(fileOf(path), text));

/** The text of every source file in some folders. */
const sourceOf = (...folders: string[]): string =>
  folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(root, folder, file), 'utf8')),
    )
    .join('\n');

const all = (source: string, pattern: RegExp): string[] => [
  ...new Set([...source.matchAll(pattern)].map((m) => m[1] as string)),
];

reference('every error code is explained, and no other', () => {
  const source = sourceOf('events', 'projections', 'registry-repo', 'pipeline', 'server');
  const union = /export type RequestErrorCode =([^;]*);/.exec(source)?.[1] ?? '';
  const codes = [
    ...all(source, /readonly code = '([a-z_]+)'/g),
    ...all(union, /'([a-z_]+)'/g),
    ...all(source, /(?:known \? error\.code : |code: )'(internal)'/g),
  ];
  const explained = errors.flatMap(({ rows }) => codesOf(rows));
  assert.equal(explained.toSorted(), [...new Set(codes)].sort());
});

reference('every reason of the gate is explained, and no other', () => {
  const judging = sourceOf(
    'registry-repo/gate',
    'registry-repo/judge',
    'registry-repo/scoring',
    'registry-repo/onnx-scan',
  );
  const refused = all(sourceOf('pipeline/promotion/steps'), /\{ code: '([a-z-]+)'/g).map((code) => `'${code}'`);
  const source = [judging, fileOf('registry-repo/verdict/fits.ts'), ...refused].join('\n');
  const good = all(source, /passed\(\s*'([a-z0-9-]+)'/g);
  const notReasons = ['and-more', 'utf-8']; // the first stands for reasons that were left out
  const explained = codesOf(gateReasons);
  const dashed = all(source, /'([a-z0-9]+(?:-[a-z0-9]+)+)'/g).filter((c) => ![...good, ...notReasons].includes(c));
  assert.equal(
    dashed.filter((code) => !explained.includes(code)),
    [],
  );
  assert.equal(
    explained.filter((code) => !source.includes(`'${code}'`)),
    [],
  );
  assert.is(new Set(explained).size, explained.length);
});

reference('every finding of the audit is explained, and no other', () => {
  const source = sourceOf('pipeline/audit') + fileOf('events/chain.ts') + fileOf('registry-repo/verify/rejudge.ts');
  const codes = all(source, /(?:'(?:error|warning)',|wrong\(|failed\(|at\()\s*'([a-z-]+)'/g);
  assert.equal(codesOf(auditFindings).toSorted(), codes.sort());
});

reference('every metric that a trainer records is explained, and no other', () => {
  const source = sourceOf('pipeline/training');
  const plain = all(source, /report\.metric\(\s*'([^']+)'/g);
  const explained = loggedMetrics.flatMap(({ names }) => names);
  const made = all(source, /report\.metric\(\s*`([^`]+)`/g);
  const backend = 'backend: $' + '{backend.name} $' + '{backend.version}';
  assert.equal(made.sort(), [backend, 'held/$' + '{name}', 'heldF1/$' + '{name}']);
  const membersOf = (object: string) =>
    all(source, new RegExp(`\\bconst ${object} = \\{ (.*?) \\};`, 'g'))
      .flatMap((list) => list.replace(/\(.*\)/, '').split(', '))
      .map((member) => member.split(':')[0] as string);
  const held = [
    ...membersOf('scoreOf').map((name) => `held/${name}`),
    ...membersOf('scores').map((name) => `heldF1/${name}`),
  ];
  const wanted = [...plain, 'backend: NAME VERSION', ...held];
  assert.equal(explained.toSorted(), [...new Set(wanted)].sort());
});

reference.run();
