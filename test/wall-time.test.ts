import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from './support/paths.ts';

// A busy machine makes everything late, so no test may say how long something takes. What has a limit of time takes its
// clock from its caller (support/manual-time.ts); what must happen is waited for (support/until.ts); what must be cheap
// is told by processor time (support/work.ts).

type Rule = {
  readonly name: string;
  readonly found: (source: string) => boolean;
  /** What it finds, and what it does not: both are tried. */
  readonly finds: readonly string[];
  readonly passes: readonly string[];
  /** Files that may, and why. */
  readonly except: Readonly<Record<string, string>>;
};

const matches =
  (...patterns: readonly RegExp[]) =>
  (source: string) =>
    patterns.some((pattern) => pattern.test(source));

const LIMIT = /\b(?:stallMs|deadlineMs|hungMs|loadMs): [\d_]+/;

const RULES: readonly Rule[] = [
  {
    name: 'the machine’s clock is read to measure a time',
    found: matches(
      /\bperformance\.now\b|\bhrtime\b|process\.uptime\b/,
      /Date\.now\(\)\s*-\s*[a-zA-Z]|-\s*Date\.now\(\)|getTime\(\)\s*-/,
    ),
    finds: [
      'const started = performance.now();',
      'assert.ok(Date.now() - started < 5000);',
      'x = process.hrtime.bigint()',
      'new Date().getTime() - then',
    ],
    passes: ['remove(digest, new Date(Date.now() - 60_000))', 'sweep(new Date(Date.now() + 1000))'],
    except: {
      'run.ts': 'prints how long each file took',
      'fuzz/main.ts': 'no test: goes on for as long as it is told to',
      'support/until.ts': 'the one bound of everything that is waited for',
    },
  },
  {
    name: 'something races a timer',
    found: matches(/Promise\.race\(\s*\[[^\]]*\b(?:sleep|pause|setTimeout|timeout)\b/, /AbortSignal\.timeout\(\s*\d/),
    finds: ['await Promise.race([\n  done,\n  sleep(500),\n])', 'fetch(url, { signal: AbortSignal.timeout(10_000) })'],
    passes: ['await Promise.race([one, other])', 'AbortSignal.timeout(PATIENCE_MS)'],
    except: {
      'end-to-end/kill.slow.ts': 'kills at any moment: whichever comes first, the rest must hold',
      'events/crash.slow.ts': 'the same',
    },
  },
  {
    name: 'a number bounds what is waited for',
    found: matches(/\buntil\((?:(?!;\n)[\s\S])*?,\s*[\d_]+,?\s*\);/, /\btimeout: [\d_]+/),
    finds: ['await until(() => seen, 10_000);', "execFileSync('git', [], { timeout: 20_000 })"],
    passes: [
      'await until(() => begun() === 2);',
      'await until(() => f(x, 2));\nsleep(5, 7);',
      'until(() => a, WAIT_MS);',
    ],
    except: {},
  },
  {
    name: 'a limit of time is counted by the machine’s clock',
    found: (source) => LIMIT.test(source) && !/manual-time\.ts|support\/server\.ts/.test(source),
    finds: ['const patience = { tries: 3, pauseMs: 1, stallMs: 200 };'],
    passes: [
      "import { ManualTime } from './support/manual-time.ts';\nconst patience = { stallMs: 200, later: time.later };",
      'stallMs: PATIENCE_MS',
    ],
    except: {},
  },
];

const here = join(root, 'test');
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'wall-time.test.ts')
  .map((file) => ({ file, source: readFileSync(join(here, file), 'utf8') }));

const wallTime = suite('wall time');

for (const { name, found, finds, passes, except } of RULES)
  wallTime(`nowhere in tests ${name}`, () => {
    for (const source of finds) assert.ok(found(source), `finds: ${source}`);
    for (const source of passes) assert.not.ok(found(source), `lets pass: ${source}`);
    const wrong = files.filter(({ source }) => found(source)).map(({ file }) => file);
    assert.equal(
      wrong.filter((file) => !(file in except)),
      [],
    );
    for (const file of Object.keys(except)) assert.ok(wrong.includes(file), `${file} no longer needs its exception`);
  });

wallTime.run();
