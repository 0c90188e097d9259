import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EventData } from '../../../events/catalogue.ts';
import { fitted } from '../../../pipeline/promotion/report/fit.ts';
import { findMarker, printMarker } from '../../../pipeline/promotion/report/marker.ts';
import { pullRequestBody, pullRequestTitle, type ReportFacts } from '../../../pipeline/promotion/report.ts';
import { MACRO } from '../../../registry-repo/averaging.ts';
import type { Manifest } from '../../../registry-repo/manifest.ts';
import { candidateOf } from '../../support/registry.ts';

const digest = (hex: string) => `sha256:${hex.repeat(64)}`;
const LIMIT = 65_536;

const judgedAs = (over: Partial<EventData<'GateJudged'>> = {}): EventData<'GateJudged'> => ({
  promotionId: '1v8k2m0p4qxa',
  class: 'promotion',
  result: 'pass',
  reasons: [{ code: 'f1-at-least-baseline', message: 'F1 0.9474 > 0.8889, the baseline’s' }],
  bound: null,
  measured: {
    labels: ['neg', 'pos'],
    candidate: [
      [40, 0],
      [4, 36],
    ],
    baseline: [
      [40, 0],
      [8, 32],
    ],
    candidateF1: 0.9473684210526315,
    baselineF1: 0.8888888888888888,
    requiredF1: 0.8888888888888888,
    discordant: { onlyCandidateRight: 4, onlyBaselineRight: 0 },
    slices: [
      {
        name: 'short',
        upTo: 20,
        rows: 40,
        candidate: [
          [40, 0],
          [0, 0],
        ],
        baseline: [
          [40, 0],
          [0, 0],
        ],
      },
      {
        name: 'medium',
        upTo: 31,
        rows: 40,
        candidate: [
          [0, 0],
          [4, 36],
        ],
        baseline: [
          [0, 0],
          [8, 32],
        ],
      },
      {
        name: 'long',
        upTo: null,
        rows: 0,
        candidate: [
          [0, 0],
          [0, 0],
        ],
        baseline: [
          [0, 0],
          [0, 0],
        ],
      },
    ],
  },
  claimed: null,
  head: 'a'.repeat(40),
  base: 'b'.repeat(40),
  verdict: digest('c'),
  scorer: { pawl: '0.1.0', onnxruntime: '1', node: '20' },
  durationMs: 1,
  ...over,
});

const PLOTS = ['history.svg', 'precision-recall.svg', 'calibration.svg'];

function manifestOf(over: Partial<Manifest> = {}): Manifest {
  const { manifest } = candidateOf(9);
  const plots = PLOTS.map((path) => ({ path, digest: digest('d'), sizeBytes: 5000 }));
  return { ...manifest, files: [...manifest.files, ...plots], ...over };
}

const factsOf = (over: Partial<ReportFacts> = {}): ReportFacts => ({
  promotionId: '1v8k2m0p4qxa',
  class: 'promotion',
  model: 'sentiment',
  candidate: { version: 2, digest: digest('e'), manifest: manifestOf() },
  baseline: { version: 1, digest: digest('f'), manifest: candidateOf(8).manifest },
  reason: null,
  averaging: { average: 'binary', positive: 'pos' },
  judged: judgedAs(),
  card: '# A card\n\nby its author',
  trigger: null,
  fileUrl: (path) => `https://forge.example/o/r/raw/${'a'.repeat(40)}/${path}`,
  ...over,
});

const report = suite('the report of a pull request');

report('says first what the gate found, in a symbol and a word', () => {
  const first = (over: Partial<EventData<'GateJudged'>> | null) =>
    pullRequestBody(factsOf({ judged: over && judgedAs(over) })).split('\n')[0];
  assert.is(first({}), '✓ **Gate: passed.** F1 of "pos" 0.9474 measured, 0.8889 required.');
  assert.is(first({ result: 'fail' }), '✗ **Gate: failed.** F1 of "pos" 0.9474 measured, 0.8889 required.');
  assert.is(first({ result: 'error', measured: null }), '✗ **Gate: could not judge, so it refuses.**');
  assert.match(first(null) as string, '○ **Gate: not yet judged.**');
});

report('compares both models, with intervals and the paired test', () => {
  const body = pullRequestBody(factsOf());
  assert.match(body, '| F1 of "pos" | 0.9474 | 0.8889 | +0.0585 |');
  assert.match(body, '| F1 of "pos", 95 % interval | 0.8697 to 0.9798 |');
  assert.match(body, '| accuracy | 0.9500 | 0.9000 | +0.0500 |');
  // (4.5 − 0.5) / 82 ∓ 1.96 √(5 − 16/82) / 82, by hand
  assert.match(
    body,
    /\| accuracy, 95 % interval \| 0\.8784 to 0\.9804 \| 0\.8149 to 0\.9485 \| −0\.0036 to \+0\.1012 \|/,
  );
  assert.match(body, '4 rows are right only with the candidate, 0 only with the baseline: p = 0.0625');
});

report('shows what a model has to beat that reads its texts, by the measure of the rules', () => {
  const rows = (over: Partial<ReportFacts>) =>
    pullRequestBody(factsOf(over))
      .split('\n')
      .filter((line) => line.includes('best trivial answer'));
  // Of 40 rows each: 2 · 40 / (40 + 80) for one label always, its share for one that is drawn.
  assert.equal(rows({}), ['| best trivial answer: always "pos" | 0.6667 |  |  |']);
  assert.equal(rows({ averaging: MACRO }), ['| best trivial answer: drawn by label shares | 0.5000 |  |  |']);
  const claimed = { confusion: [[1]], f1: 1 };
  const odd = { version: 2, digest: digest('e'), manifest: manifestOf({ claimed }) };
  assert.equal(rows({ judged: null, candidate: odd }), [], 'of counts that fit no labels nothing follows');
});

report('shows each label and each length of text, of both models', () => {
  const body = pullRequestBody(factsOf());
  assert.match(body, '| pos | 40 | 1.0000 (1.0000) | 0.9000 (0.8000) | 0.9474 | 0.8889 | +0.0585 |');
  assert.match(body, '| short | 0 to 20 | 40 | 1 of 2 | – | – | – | 1.0000 |');
  assert.match(body, '| medium | 21 to 31 | 40 | 1 of 2 | 0.9474 | 0.8889 | +0.0585 | 0.9000 |');
  assert.match(body, '| long | from 32 | 0 | 0 of 2 | – | – | – | – |');
});

report('an old judgement without slices, and a claim of other labels, are shown as far as they go', () => {
  const {
    slices: _,
    discordant: __,
    ...measured
  } = judgedAs().measured as NonNullable<EventData<'GateJudged'>['measured']>;
  assert.not.match(pullRequestBody(factsOf({ judged: judgedAs({ measured }) })), 'By length of text');
  const claimed = { confusion: [[1]], f1: 1 };
  const odd = { version: 2, digest: digest('e'), manifest: manifestOf({ claimed }) };
  const body = pullRequestBody(factsOf({ judged: null, candidate: odd }));
  assert.match(body, 'Claimed by the runs, not measured yet');
  assert.not.match(body, '### By label');
});

report('shows the plots where the forge can, and names the files where it cannot', () => {
  assert.match(
    pullRequestBody(factsOf()),
    `![calibration](https://forge.example/o/r/raw/${'a'.repeat(40)}/models/sentiment/versions/2/calibration.svg)`,
  );
  for (const fileUrl of [
    () => null,
    () => 'javascript:alert(1)',
    () => 'https://x/y) [z](http://evil/a',
    () => 'https://x/a?b',
  ]) {
    const body = pullRequestBody(factsOf({ fileUrl }));
    assert.not.match(body, '![');
    assert.match(body, '- calibration: `models/sentiment/versions/2/calibration.svg`');
  }
  const { fileUrl: _, ...without } = factsOf();
  assert.match(pullRequestBody(without), '- metrics of the run: `models/sentiment/versions/2/history.svg`');
});

report('shows the card as text, and links the commit that was pushed if its repository has an address', () => {
  const trigger = (repository: string) =>
    pullRequestBody(factsOf({ trigger: { kind: 'push', repository, branch: 'main', commit: 'a'.repeat(40) } }));
  assert.match(pullRequestBody(factsOf()), '```text\n# A card\n\nby its author\n```');
  assert.match(trigger('https://forge.example/o/t.git'), `](https://forge.example/o/t/commit/${'a'.repeat(40)})`);
  for (const place of ['/srv/training', 'https://u:p@forge.example/o/t', 'https://x/y)](http://evil'])
    assert.not.match(trigger(place), `commit/${'a'.repeat(40)}`);
});

report('can be found again by its marker, which is a hint', () => {
  const marked = { model: 'sentiment', candidate: digest('e'), promotion: '1v8k2m0p4qxa' };
  assert.equal(findMarker(pullRequestBody(factsOf())), marked);
  assert.is(findMarker('<!-- pawl:promotion v1 {"model":1} -->'), null);
  assert.is(findMarker('<!-- pawl:promotion v1 nonsense -->'), null);
  fc.assert(
    fc.property(hostile, hostile, hostile, (model, candidate, promotion) => {
      const line = printMarker({ model, candidate, promotion });
      assert.match(line, /^<!-- [ -~]+ -->$/);
      assert.not.match(line.slice(4, -3), /--|[<>@]/);
      assert.equal(findMarker(`text\n\n${line}`), { model, candidate, promotion });
    }),
  );
});

report('leaves out whole sections, the least important first, and names them', () => {
  const section = (name: string, rank: number, size: number) => ({ name, rank, text: name.repeat(size) });
  const all = [
    section('a', 0, 1000),
    section('b', 3, 5000),
    section('c', 1, 5000),
    section('d', 2, 100_000),
    section('e', 4, 10),
  ];
  const body = fitted(all, 'END', 12_000);
  assert.ok(body.startsWith(`${'a'.repeat(1000)}\n\n${'b'.repeat(5000)}\n\n${'c'.repeat(5000)}\n\n${'e'.repeat(10)}`));
  assert.ok(body.endsWith('too long: d.\n\nEND'));
});

const PIECES = [
  '<img src=x onerror=alert(1)>',
  '</details>',
  '<!--',
  '-->',
  '--!>',
  '@everyone',
  '@org/team',
  '[x](http://evil.example)',
  '![x](http://evil.example/p.png)',
  '```',
  '~~~',
  '``',
  '`',
  '\n',
  '\r\n',
  '\n\n### ',
  '\n\n',
  '|',
  '\\',
  '\\|',
  'fixes #1',
  'GH-1',
  'http://evil.example',
  'www.evil.example',
  '<http://evil.example>',
  '**',
  '__',
  '&lt;',
  '&#60;',
  '$x$',
  '\u202e',
  '\u0000',
  '\ud83d',
  '😀',
  '语',
  '{"a":1}',
  ':tada:',
  '| --- |',
  '- [x] ',
  '    code',
  '<!-- pawl:promotion v1 {} -->',
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 8 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => parts.join('').slice(0, 200));
const long = fc.tuple(hostile, fc.integer({ min: 1, max: 400 })).map(([text, n]) => text.repeat(n));

const anyManifest = (labels: string[]) =>
  fc
    .record({
      config: fc.dictionary(hostile, fc.oneof(hostile, long), { maxKeys: 80 }),
      trainer: hostile,
      location: long,
      id: hostile,
    })
    .map(({ config, trainer, location, id }) => {
      const { run, data, ...rest } = manifestOf();
      const confusion = labels.map((_, i) => labels.map((__, j) => i + j));
      return {
        ...rest,
        labels,
        claimed: { confusion, f1: 0.5 },
        run: { ...run, config, trainer, id },
        data: { ...data, source: { kind: trainer, location } },
      };
    });

const anyFacts = fc
  .uniqueArray(hostile, { minLength: 2, maxLength: 30 })
  .chain((labels) =>
    fc.record({
      mine: anyManifest(labels),
      theirs: fc.option(anyManifest(labels)),
      reason: fc.option(long),
      card: fc.option(long),
      reasons: fc.array(fc.record({ code: hostile, message: long }), { maxLength: 100 }),
      measured: fc.boolean(),
      repository: hostile,
      branch: hostile,
      url: fc.option(fc.oneof(hostile, fc.constant('https://forge.example/a/b.svg'))),
      labels: fc.constant(labels),
    }),
  )
  .map(({ mine, theirs, reason, card, reasons, measured, repository, branch, url, labels }) => {
    const confusion = labels.map((_, i) => labels.map((__, j) => i + 2 * j));
    const counts = { candidate: confusion, baseline: theirs && confusion };
    const slice = { upTo: 5, rows: 9, ...counts };
    return factsOf({
      candidate: { version: 2, digest: digest('e'), manifest: mine },
      baseline: theirs && { version: 1, digest: digest('f'), manifest: theirs },
      averaging: { average: 'macro', positive: null },
      reason,
      card,
      fileUrl: () => url,
      trigger: { kind: 'push', repository, branch, commit: 'a'.repeat(40) },
      judged: measured
        ? judgedAs({
            reasons,
            measured: {
              labels,
              ...counts,
              candidateF1: 0.5,
              baselineF1: 0.5,
              requiredF1: 0.5,
              slices: [{ name: 'short', ...slice }],
            },
          })
        : null,
    });
  });

report('attack 51: whatever the strings, nothing in it is live, and it is never too long for a forge', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const body = pullRequestBody(facts);
      assert.ok(body.length <= LIMIT && Buffer.byteLength(body) <= LIMIT, String(body.length));
      assert.ok(body.isWellFormed());
      const lines = outsideFences(body);
      assert.is(lines.at(-1), printMarker({ model: 'sentiment', candidate: digest('e'), promotion: '1v8k2m0p4qxa' }));
      const text = outsideCode(lines.slice(0, -1).join('\n'))
        .replace(/^<details><summary>[A-Za-z ]+<\/summary>$/gm, '')
        .replace(/^<\/details>$/gm, '')
        .replace(/!?\[[a-z§ ]+\]\(https:\/\/forge\.example\/[a-z./]+\)/g, '')
        .replace(/^[✓✗○] \*\*Gate: [a-z ,]+\.\*\*/, '');
      assert.not.match(text, /[<>]/, 'HTML');
      assert.not.match(text, /@(?!\u200b)/, 'a mention');
      assert.not.match(text, /(?<!\\)(?:\\\\)*[*_[\]`$~]/, 'markup');
      assert.not.match(text, /:\/\/|www\.|(?<!\\)!\[/, 'a link');
      assert.not.match(text, /#\d|GH\\?-\d/, 'a reference');
      assert.not.match(text, /&(?!amp;|lt;|gt;)/, 'an entity');
      assert.not.match(text, /[\u202a-\u202e\u2066-\u2069]/, 'text that runs backwards');
    }),
    { numRuns: 150, endOnFailure: true },
  );
});

report('attack 51: a table keeps its columns, and what opens is closed', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const body = pullRequestBody(facts);
      const lines = outsideFences(body);
      for (const rows of tablesOf(lines)) {
        const columns = rows.map((row) => outsideCode(row).match(/(?<!\\)(?:\\\\)*\|/g)?.length);
        assert.is(new Set(columns).size, 1, rows.join('\n'));
      }
      const count = (wanted: string) => lines.filter((l) => l.startsWith(wanted)).length;
      assert.is(count('<details>'), count('</details>'));
      assert.is(lines.filter((l) => l.startsWith('<!--')).length, 1);
    }),
    { numRuns: 100, endOnFailure: true },
  );
});

report('a title is one line', () => {
  assert.is(pullRequestTitle(factsOf()), 'promote(sentiment): v1 → v2');
});

report.run();

/** Lines that are in no fenced block, by CommonMark's rules: a fence ends at the first line that is one at least as long. */
function outsideFences(body: string): string[] {
  const lines: string[] = [];
  let fence: string | null = null;
  for (const line of body.split(/\r\n|\n|\r/)) {
    const opens: string | undefined = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === null) {
      if (opens) fence = opens;
      else lines.push(line);
    } else if (new RegExp(`^ {0,3}${fence[0]}{${fence.length},}\\s*$`).test(line)) fence = null;
  }
  assert.is(fence, null, 'a block is left open');
  return lines;
}

/** Text without its code spans, by CommonMark's rules: backticks end at the next run of as many. */
function outsideCode(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      let [out, at] = ['', 0];
      while (at < line.length) {
        if (line[at] === '\\') {
          out += line.slice(at, at + 2);
          at += 2;
          continue;
        }
        const run = /^`+/.exec(line.slice(at))?.[0];
        const closing = run && [...line.slice(at + run.length).matchAll(/`+/g)].find((m) => m[0].length === run.length);
        if (run && closing) {
          out += '§';
          at += run.length + closing.index + run.length;
        } else out += line[at++];
      }
      return out;
    })
    .join('\n');
}

function tablesOf(lines: readonly string[]): string[][] {
  const tables: string[][] = [[]];
  for (const line of lines)
    if (line.startsWith('|')) tables.at(-1)?.push(line);
    else if (tables.at(-1)?.length) tables.push([]);
  return tables.filter((t) => t.length > 0);
}
