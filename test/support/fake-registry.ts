import { digestOf } from '../../registry-repo/digest.ts';
import { printFile } from '../../registry-repo/file.ts';
import { Manifest } from '../../registry-repo/manifest.ts';
import type { ProvenVersion, Registry } from '../../server/registry.ts';
import { type FakeModel, fakeProbability } from './fake-runtime.ts';

const hex = (n: number) => n.toString(16).padStart(40, '0');
const split = { digest: digestOf('rows'), rows: 100, labels: { neg: 50, pos: 50 } };
const GOLDEN = ['a fine film', 'a dull film', ''];

/** The manifest of a fake model; its golden answers are right unless they are given. */
export function fakeManifest(model: FakeModel, over: Partial<Manifest> = {}): Manifest {
  const bytes = Buffer.from(JSON.stringify(model));
  const others = (over.labels?.length ?? 2) - 1;
  const tensor = { name: 'x', type: 'int32' as const, shape: ['n'] };
  return Manifest.parse({
    schema: 'pawl.manifest/1',
    model: 'sentiment',
    task: 'text-classification',
    labels: ['neg', 'pos'],
    files: [{ path: 'model.onnx', digest: digestOf(bytes), sizeBytes: bytes.length }],
    preprocessor: { kind: 'hashed-ngrams', tokens: 'words-1', bits: 8, zones: [{ from: 0, to: 1, order: 1 }] },
    contract: { inputs: [tensor], output: { name: 'y', type: 'float32', shape: ['n', 2] } },
    run: {
      id: '1v8k2m0p4qxa',
      trainer: 'nbsvm',
      seed: 1,
      config: {},
      code: { commit: null, dirty: false },
    },
    log: { stream: 'run-1v8k2m0p4qxa', revision: 3, hash: 'a'.repeat(64) },
    data: { source: { kind: 'sample', location: 'sample' }, train: split, test: split },
    claimed: {
      confusion: [
        [45, 5],
        [3, 47],
      ],
      f1: 0.9215686274509803,
    },
    golden: GOLDEN.map((text) => {
      const last = fakeProbability(model.bias, text);
      return { text, probabilities: [...Array<number>(others).fill((1 - last) / others), last] };
    }),
    createdAt: '2026-01-02T03:04:05.678Z',
    ...over,
  });
}

export type FakeVersion = { readonly version: number; readonly model: FakeModel; readonly over?: Partial<Manifest> };

/** A registry controlled by the test: each change is a new commit. */
export class FakeRegistry implements Registry {
  readonly name = 'sentiment';
  commit = 1;
  /** What main has in production at its tip. */
  production: FakeVersion | null = null;
  readonly #history = new Map<string, FakeVersion | null>([[hex(1), null]]);
  /** The error of reading main, verifying a commit, or reading the files. */
  readonly failures: { sync?: Error; verify?: Error; files?: Error } = {};
  readonly revocations: string[] = [];
  readonly calls = { sync: 0, verify: 0, files: 0 };
  /** The paths that were read last. */
  read: readonly string[] = [];

  get tip(): string {
    return hex(this.commit);
  }

  /** A commit that puts a version into production. @returns its id */
  promote(version: number, model: FakeModel = { bias: 0.1 * version }, over: Partial<Manifest> = {}): string {
    this.production = { version, model, over };
    return this.touch();
  }

  /** A commit about something else. */
  touch(): string {
    this.commit++;
    this.#history.set(this.tip, this.production);
    return this.tip;
  }

  sync = async (): Promise<string> => {
    this.calls.sync++;
    if (this.failures.sync) throw this.failures.sync;
    return this.tip;
  };

  /** Commits that main's line does not hold, though they came before. */
  readonly lost = new Set<string>();

  isOnLine = async (commit: string, tip: string): Promise<boolean> =>
    !this.lost.has(commit) && Number.parseInt(commit, 16) <= Number.parseInt(tip, 16);

  revoked = async (): Promise<readonly string[]> => this.revocations;

  verify = async (tip: string): Promise<ProvenVersion | null> => {
    this.calls.verify++;
    if (this.failures.verify) throw this.failures.verify;
    const production = this.#history.get(tip);
    if (!production) return null;
    const { version, model, over } = production;
    const manifest = fakeManifest(model, over);
    return {
      version,
      manifest,
      manifestDigest: digestOf(printFile(manifest)),
      verdict: digestOf(`verdict ${version}`),
      promotion: { id: '0000000000p1', class: 'promotion', pullRequest: 7, commit: tip },
      measured: {
        measure: 'F1 of "pos"',
        f1: 0.9215686274509803,
        labels: manifest.labels,
        confusion: manifest.claimed.confusion,
      },
      files: async (paths) => {
        this.calls.files++;
        this.read = paths;
        if (this.failures.files) throw this.failures.files;
        return new Map([['model.onnx', Buffer.from(JSON.stringify(model))]]);
      },
    };
  };
}
