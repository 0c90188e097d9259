import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { between } from '../scripts/docs/marks.ts';
import { arrows, DIAGRAM_MARKS, diagram, LAYERS, rankOf } from './support/folder-layers.ts';
import { type Import, importsOf } from './support/imports.ts';
import { root } from './support/paths.ts';

// The dependency diagram, executable.

const MAY_IMPORT: Record<string, readonly string[]> = {
  events: [],
  projections: ['events'],
  'registry-repo': [],
  pipeline: ['events', 'projections', 'registry-repo'],
  server: ['events', 'projections', 'registry-repo'],
};

/** Only these reach from the pipeline into the server, and only when they run. */
const LAZILY_INTO_SERVER = ['pipeline/operations/serve.ts'];

/** Vendors, and the files that may know them. */
const VENDORS: Record<string, RegExp> = {
  '@photostructure/sqlite': /\.sqlite\.ts$/,
  '@huggingface/tokenizers': /^registry-repo\/runtime\/subwords\.ts$/,
  '@huggingface/hub': /^pipeline\/.*\.hub\.ts$/,
  '@tensorflow/tfjs-core': /^pipeline\/training\//,
  '@tensorflow/tfjs-backend-cpu': /^pipeline\/training\/backends\//,
  '@tensorflow/tfjs-backend-wasm': /^pipeline\/training\/backends\//,
  'onnxruntime-node': /^registry-repo\/runtime\/session\.ts$/,
  'simple-git': /\.git\.ts$/,
  '@octokit/rest': /^(?:pipeline|registry-repo)\/.*\.github\.ts$/,
  '@octokit/auth-app': /^(?:pipeline|registry-repo)\/.*\.github\.ts$/,
  '@octokit/plugin-retry': /^(?:pipeline|registry-repo)\/.*\.github\.ts$/,
  '@octokit/plugin-throttling': /^(?:pipeline|registry-repo)\/.*\.github\.ts$/,
  '@octokit/webhooks-methods': /^server\/.*\.github\.ts$/,
  '@aws-sdk/client-s3': /\.s3\.ts$/,
  commander: /^pipeline\/program\.ts$/,
  'cli-progress': /^pipeline\/progress-bar\.ts$/,
  'string-width': /^pipeline\/table\.ts$/,
  undici: /\.undici\.ts$/,
  'tar-stream': /^pipeline\/data\/.*\.ts$/,
  'csv-parse': /^pipeline\/data\/.*\.ts$/,
  yaml: /^pipeline\/(?:config.*|sweep\/kubernetes)\.ts$/,
  hono: /^server\/.*\.ts$/,
  '@hono/node-server': /^server\/.*\.ts$/,
  '@hono/zod-openapi': /^server\/.*\.ts$/,
  'prom-client': /^server\/.*\.prometheus\.ts$/,
  pino: /^server\/.*\.ts$/,
  'fastest-levenshtein': /^pipeline\/.*\.ts$/,
  zod: /./,
};

const list = (folder: string): string[] =>
  !existsSync(join(root, folder))
    ? []
    : readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => join(folder, file));

const product = Object.keys(MAY_IMPORT).flatMap(list);
const imports = product.flatMap(importsOf);
const inside = (i: Import) => i.inside as string;
const folderOf = (file: string) => file.split('/')[0] as string;

const boundaries = suite('boundaries');

boundaries('arrows between folders point one way', () => {
  const wrong = imports
    .filter((i) => i.target.startsWith('.'))
    .filter((i) => {
      const [from, to] = [folderOf(i.from), folderOf(inside(i))];
      if (from === to || MAY_IMPORT[from]?.includes(to)) return false;
      if (i.from === 'pipeline/config/config.ts' && inside(i) === 'server/options.ts') return false; // a schema, which knows nothing else
      return !(to === 'server' && i.dynamic && LAZILY_INTO_SERVER.includes(i.from));
    });
  assert.equal(
    wrong.map((i) => `${i.from} imports ${inside(i)}`),
    [],
  );
});

boundaries('inside pipeline/, no import runs up or sideways', () => {
  const found = arrows();
  assert.ok(found.length > 200, 'the imports were found');
  const parts = new Set(found.flatMap(({ from, to }) => [from, to]));
  assert.equal(
    [...parts].filter((part) => rankOf(part) < 0),
    [],
    'every part stands in a layer',
  );
  assert.equal(
    LAYERS.flatMap((layer) => layer.parts).filter((part) => part !== 'demo' && !parts.has(part)),
    [],
  );
  const wrong = found.filter(({ from, to }) => rankOf(from) <= rankOf(to));
  assert.equal(
    wrong.map(({ file, target }) => `${file} imports ${target}`),
    [],
  );
});

boundaries('docs/architecture.md shows the order of pipeline/ as it is: npm run docs writes it', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  assert.is(between(page, DIAGRAM_MARKS), diagram(arrows()));
});

boundaries('vendors are known to their adapters alone, and every one is listed here', () => {
  const outside = imports.filter((i) => !i.target.startsWith('.') && !i.target.startsWith('node:'));
  const wrong = outside.filter((i) => {
    const name = i.target.startsWith('@')
      ? i.target.split('/').slice(0, 2).join('/')
      : (i.target.split('/')[0] as string);
    return !VENDORS[name]?.test(i.from);
  });
  assert.equal(
    wrong.map((i) => `${i.from} imports ${i.target}`),
    [],
  );
});

boundaries('imports have no cycles', () => {
  const edges = new Map(
    product.map((file) => [
      file,
      importsOf(file)
        .filter((i) => i.target.startsWith('.') && !i.dynamic)
        .map(inside),
    ]),
  );
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert.not(path.includes(file), `cycle: ${[...path, file].join(' → ')}`);
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of product) visit(file, []);
});

/** What nothing imports, and what it is for. */
const ENTRIES: Record<string, string> = {
  'pipeline/cli.ts': 'the command line',
  'pipeline/config/schema-file.ts': '`npm run schema`',
  'pipeline/training/nbsvm-dv/kernel.wasm.ts': 'AssemblyScript, which the build compiles',
  'events/store.memory.ts': 'the port without a medium, which the contract of stores is held against',
};

boundaries('no module is there for tests alone', () => {
  const used = new Set(imports.flatMap((i) => i.inside ?? []));
  for (const file of product) {
    const source = readFileSync(join(root, file), 'utf8');
    // Programs of processes and of threads are started by their address.
    for (const [, target = ''] of source.matchAll(/new URL\(\s*'([^']+)\.js'/g))
      used.add(`${join(dirname(file), target)}.ts`);
  }
  assert.equal(product.filter((file) => !used.has(file)).sort(), Object.keys(ENTRIES).sort());
});

boundaries('models run in processes of their own: nothing else loads what runs them', () => {
  const allowed: Record<string, readonly string[]> = {
    'registry-repo/runtime/load.ts': [
      'registry-repo/model-process/model.child.ts',
      'registry-repo/scoring/score.child.ts',
    ],
    'registry-repo/runtime/session.ts': [
      'registry-repo/runtime/batches.ts', // a type
      'registry-repo/runtime/load.ts',
      'registry-repo/scoring/score.child.ts',
      // Its version alone.
      'pipeline/operations/doctor/machine.ts',
      // Trainers, whose graphs are of their own making.
      'pipeline/training/distilbert/ngrams-beside.ts',
      'pipeline/training/encoder-head/features.ts',
    ],
  };
  for (const [target, importers] of Object.entries(allowed)) {
    const found = imports.filter((i) => i.target.startsWith('.') && inside(i) === target).map((i) => i.from);
    assert.equal([...new Set(found)].sort(), importers.toSorted(), target);
  }
});

/** Loops without an end of their own, and what ends them. */
const ENDLESS: Record<string, string> = {
  'events/store.ts': 'pages of a stream, until one is not full',
  'projections/as-of.ts': 'pages of the log, up to a position',
  'projections/engine.ts': 'pages of the log, until there is none',
  'pipeline/commands/baseline.ts': 'pages of the log, up to a position',
  'pipeline/data/download.ts': 'chunks of a body, each of which must come in time',
  'pipeline/promotion/process.ts': 'until a deadline',
  'pipeline/training/transformer/safetensors-header.ts': 'characters of a text',
  'registry-repo/artifacts/receive.ts': 'chunks of a body, each of which must come in time',
  'registry-repo/git.ts': 'parts of a path',
  'registry-repo/model-process/isolation.ts': 'folders above a file',
  'server/inference/pool.ts': 'a queue, which gets shorter',
};

boundaries('every loop that tries again counts its tries', () => {
  const found = product.filter((file) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    return lines.some((line, at) => {
      const head = /\bfor \(([^;]*);\s*;([^)]*)|\bwhile \(true\)/.exec(line);
      if (!head) return false;
      const [, counter] = /let (attempt|tries|again)\b/.exec(head[1] ?? '') ?? [];
      // Further down, it is looked at.
      const looked = new RegExp(`\\b${counter}\\b(?: (?:===|>=|<) |[);]| \\|\\|)`);
      return counter === undefined || !lines.slice(at + 1, at + 60).some((later) => looked.test(later));
    });
  });
  assert.equal(found.sort(), Object.keys(ENDLESS).sort());
});

/** Where a request goes out, and by which `fetch`. */
const REQUESTS: Record<string, string> = {
  'pipeline/demo/traffic.ts': 'to the server of this very process: never through a proxy',
  'pipeline/forge/rest/bounded-fetch.ts': 'the one that it is given',
  'registry-repo/artifacts/request-handler.s3.ts': 'the one that it is given',
};

boundaries('requests go out by the one fetch that knows proxies and certificates', () => {
  const asks = product.filter((file) =>
    // Not `fetch(branch: string)`, nor a method of git's.
    /(?:await|return|=>|=) fetch\((?!branch)/.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.equal(asks.sort(), Object.keys(REQUESTS).sort());
});

boundaries('there are no barrels, default exports or shell strings', () => {
  for (const file of product) {
    const source = readFileSync(join(root, file), 'utf8');
    assert.not.match(source, /^export \* from/m, file);
    assert.not.match(source, /^export default/m, file);
    assert.not.match(source, /shell:\s*true|\bexecSync\(|[^.]\bexec\(/, file);
  }
});

boundaries('nothing counts on hard links, which exFAT and others do not have', () => {
  for (const file of product) {
    const calls = /import \{[^}]*\blink(?:Sync)?\b[^}]*\} from 'node:fs/.test(readFileSync(join(root, file), 'utf8'));
    assert.not(
      calls,
      `${file}: rename a draft into place, under a lock (pipeline/lock.ts) where only the first may win`,
    );
  }
});

boundaries('every test file runs its suites', () => {
  for (const file of list('test').filter((f) => /\.(test|slow)\.ts$/.test(f))) {
    const source = readFileSync(join(root, file), 'utf8');
    const suites = [...source.matchAll(/^const (\w+) = suite\b/gm)].map((m) => m[1] as string);
    for (const name of suites) assert.match(source, new RegExp(`^${name}\\.run\\(\\);$`, 'm'), `${file}: ${name}`);
    assert.ok(suites.length > 0 || /(?:Contract|Story)\(/.test(source), `${relative('.', file)} has no suite`);
  }
});

boundaries.run();
