import { join } from 'node:path';
import { LocalArtifacts } from '../../registry-repo/artifacts/artifacts.local.ts';
import type { Artifacts } from '../../registry-repo/artifacts/artifacts.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import { type EvaluationSet, evaluationPath } from '../../registry-repo/evaluation-set.ts';
import { printFile } from '../../registry-repo/file.ts';
import { type GateRequest, runGate } from '../../registry-repo/gate/gate.ts';
import type { Git } from '../../registry-repo/git.ts';
import { type Manifest, MODEL_FILE, TRAINING_ROWS_FILE, versionFolder } from '../../registry-repo/manifest.ts';
import { printMergeMessage } from '../../registry-repo/merge-message.ts';
import { POLICY_PATH, type Policy } from '../../registry-repo/policy.ts';
import { type Production, productionPath } from '../../registry-repo/production.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { printRowKeys, printRows, type Row } from '../../registry-repo/rows.ts';
import { scoreInProcess } from '../../registry-repo/scoring/score.process.ts';
import type { Score } from '../../registry-repo/scoring/score.ts';
import { SideRefusedError, scoreModels } from '../../registry-repo/scoring/score-models.ts';
import type { ObjectId, VersionRef } from '../../registry-repo/values.ts';
import { attachVerdict } from '../../registry-repo/verdict/attached.ts';
import { newSigningKey, publicKeyOf, type SigningKey } from '../../registry-repo/verdict/keys.ts';
import { openVerdict } from '../../registry-repo/verdict/signed.ts';
import { bareRepository, tester } from './git.ts';
import { CONTRACT, LABELS, rowsFor, skilled } from './models.ts';
import { temporaryFolder } from './paths.ts';
import { loadTiny } from './tiny-runtime.ts';

export const MODEL = 'sentiment';
export const TIME = new Date('2026-01-02T03:04:05.678Z');

/** File contents by path; null removes. Values that are no bytes and no text are printed as the registry's JSON. */
export type Files = Readonly<Record<string, unknown>>;

export type Candidate = {
  readonly manifest: Manifest;
  /** The listed files' bytes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
};

/**
 * A registry in a temporary folder: a bare repository with a policy and an evaluation set on main, an artifact store, a
 * gate key. Promotions go through the real gate; only the forge is a stand-in.
 */
export class TestRegistry {
  readonly folder = temporaryFolder();
  readonly git: Git;
  readonly artifacts: Artifacts = new LocalArtifacts(join(this.folder, 'artifacts'));
  readonly key: SigningKey;
  readonly rows: readonly Row[];
  policy: Policy;
  #promotions = 0;

  private constructor(git: Git, rows: readonly Row[], policy: Policy, key: SigningKey) {
    this.git = git;
    this.rows = rows;
    this.policy = policy;
    this.key = key;
  }

  /** @param change of the policy before the first commit @param rows of the evaluation set */
  static async create(change: (policy: Policy) => void = () => {}, rows = rowsFor()): Promise<TestRegistry> {
    const key = newSigningKey();
    const policy = policyFor(key);
    change(policy);
    const set = evaluationSet(rows);
    const git = await bareRepository({
      [POLICY_PATH]: printFile(policy),
      [evaluationPath(set.name)]: printFile(set),
      'README.md': '# Models\n',
    });
    const registry = new TestRegistry(git, rows, policy, key);
    await registry.artifacts.put(printRows(rows));
    return registry;
  }

  async main(): Promise<ObjectId> {
    return (await this.git.resolve('refs/heads/main')) as ObjectId;
  }

  async at(commit?: ObjectId): Promise<RegistryAt> {
    return new RegistryAt(this.git, commit ?? (await this.main()));
  }

  /** A new commit on no branch: a parent's tree with some files set. */
  async commit(parent: ObjectId | null, files: Files, message = 'a change'): Promise<ObjectId> {
    return this.commitTree(await this.tree(parent, files), parent === null ? [] : [parent], message);
  }

  async tree(base: ObjectId | null, files: Files): Promise<ObjectId> {
    const oids = new Map<string, ObjectId | null>();
    for (const [path, content] of Object.entries(files))
      oids.set(path, content === null ? null : await this.git.writeBlob(bytesOf(content)));
    return this.git.writeTree(base, oids);
  }

  commitTree(tree: ObjectId, parents: readonly ObjectId[], message = 'a change'): Promise<ObjectId> {
    return this.git.writeCommit({ tree, parents, message, by: tester, time: TIME });
  }

  /** Any tree at all, as `git mktree` makes it: lines of `<mode> <type> <oid>\t<name>`. */
  async mktree(lines: readonly string[]): Promise<ObjectId> {
    return this.git.text(['mktree', '-z', '--missing'], { input: lines.map((line) => `${line}\0`).join('') });
  }

  /** Commits on main as a person with write access would, without a gate. */
  async pushToMain(files: Files, message = 'by hand'): Promise<ObjectId> {
    const from = await this.main();
    const to = await this.commit(from, files, message);
    await this.git.updateRefs([{ ref: 'refs/heads/main', to, from }]);
    return to;
  }

  async changePolicy(change: (policy: Policy) => void): Promise<ObjectId> {
    this.policy = structuredClone(this.policy);
    change(this.policy);
    return this.pushToMain({ [POLICY_PATH]: this.policy }, 'policy');
  }

  /** The number of the next promotion, as its id. */
  nextId(): string {
    return String(++this.#promotions).padStart(12, '0');
  }

  /** The files of a promotion's pull request. */
  async filesFor(
    { manifest, files }: Candidate,
    { version, base, model = MODEL, over = {} }: ProposalOptions,
  ): Promise<Files> {
    const main = await this.at(base);
    const text = printFile(manifest);
    const baseline = (await main.production(model))?.value;
    const production: Production = {
      schema: 'pawl.production/1',
      model,
      version,
      manifest: digestOf(text),
      previous: baseline ? refOf(baseline) : null,
      promotion: this.nextId(),
      ...over,
    };
    const folder = versionFolder(model, version);
    return {
      [productionPath(model)]: production,
      [`${folder}/manifest.json`]: text,
      ...Object.fromEntries([...files].map(([name, bytes]) => [`${folder}/${name}`, bytes])),
    };
  }

  /** A pull request's head. @param extra more files, or other contents, or null to leave one out */
  async propose(candidate: Candidate, options: ProposalOptions & { extra?: Files }): Promise<ObjectId> {
    const base = options.base ?? (await this.main());
    const files = await this.filesFor(candidate, { ...options, base });
    return this.commit(base, { ...files, ...options.extra }, 'a promotion');
  }

  /** A pull request that points production to an earlier version. */
  async proposeRollback(to: VersionRef, over: Partial<Production> = {}): Promise<ObjectId> {
    const base = await this.main();
    const current = (await (await this.at(base)).production(MODEL))?.value;
    const production: Production = {
      schema: 'pawl.production/1',
      model: MODEL,
      ...refOf(to),
      previous: current ? refOf(current) : null,
      promotion: this.nextId(),
      ...over,
    };
    return this.commit(base, { [productionPath(MODEL)]: production }, 'a rollback');
  }

  async gate(head: ObjectId, over: Partial<GateRequest> = {}): ReturnType<typeof runGate> {
    return runGate({
      git: this.git,
      head,
      base: await this.main(),
      pullRequest: 7,
      reason: null,
      artifacts: this.artifacts,
      score: scoreHere,
      key: this.key,
      now: () => TIME,
      pawl: '0.0.0-test',
      scratch: this.folder,
      ...over,
    });
  }

  /** A forge's part with a verdict: stores it, and puts the changes on main as one commit. */
  async merge(verdict: Uint8Array, over: { onto?: ObjectId; message?: string } = {}): Promise<ObjectId> {
    const { verdict: v, digest } = openVerdict(verdict, this.policy.keys, TIME);
    const from = over.onto ?? (await this.main());
    await attachVerdict(this.git, v.bound.head, verdict);
    const changes = await this.git.changes(v.bound.base, v.bound.head);
    const tree = await this.git.writeTree(from, new Map(changes.map((c) => [c.path, c.oid])));
    const message = printMergeMessage(`promote ${v.model}`, '', {
      class: v.class,
      model: v.model,
      version: v.bound.candidate.version,
      promotion: v.promotion,
      pullRequest: v.pullRequest,
      head: v.bound.head,
      candidate: v.bound.candidate.manifest,
      baseline: v.bound.baseline?.manifest ?? null,
      run: null,
      verdict: digest,
    });
    const to = await this.commitTree(tree, [from], over.message ?? message);
    await this.git.updateRefs([{ ref: 'refs/heads/main', to, from }]);
    return to;
  }

  /** Propose, judge, merge. @throws if the gate does not pass it */
  async promote(
    candidate: Candidate,
    version: number,
    over: Partial<GateRequest> = {},
  ): Promise<{ commit: ObjectId; ref: VersionRef; verdict: Buffer }> {
    return this.#passAndMerge(await this.propose(candidate, { version }), over);
  }

  async rollBack(to: VersionRef): Promise<{ commit: ObjectId; ref: VersionRef; verdict: Buffer }> {
    return this.#passAndMerge(await this.proposeRollback(to), { reason: 'complaints' });
  }

  async #passAndMerge(head: ObjectId, over: Partial<GateRequest>) {
    const { judgement, verdict } = await this.gate(head, over);
    if (judgement.result !== 'pass' || !verdict || !judgement.bound)
      throw new Error(`the gate says ${judgement.result}: ${judgement.reasons.map((r) => r.message).join('; ')}`);
    return { commit: await this.merge(verdict), ref: judgement.bound.candidate, verdict };
  }
}

export type ProposalOptions = {
  readonly version: number;
  readonly base?: ObjectId;
  readonly model?: string;
  /** Members of production.json to set otherwise. */
  readonly over?: Partial<Production>;
};

const refOf = ({ version, manifest }: VersionRef): VersionRef => ({ version, manifest });

const bytesOf = (content: unknown): Uint8Array => {
  if (content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === 'string' ? content : printFile(content), 'utf8');
};

const policyFor = (key: SigningKey): Policy => ({
  schema: 'pawl.policy/1',
  models: { [MODEL]: modelPolicy() },
  limits: { treeBytes: 100_000, scoreSeconds: 200, scoreMegabytes: 1000, minimumRows: 40, minimumRowsPerLabel: 20 },
  leakage: { rows: 0, action: 'fail' },
  rollback: { last: 5 },
  revoked: [],
  keys: [publicKeyOf(key, { role: 'gate', from: '2026-01-01T00:00:00.000Z', until: null })],
});

export const modelPolicy = (over: Partial<Policy['models'][string]> = {}): Policy['models'][string] => ({
  evaluation: 'reviews',
  average: 'binary',
  positive: 'pos',
  minimum: 0.85,
  margin: 0,
  significance: null,
  labelFloors: {},
  modelBytes: 1_000_000,
  ...over,
});

export function evaluationSet(rows: readonly Row[], name = 'reviews'): EvaluationSet {
  const bytes = printRows(rows);
  const count = (label: string) => rows.filter((row) => row.label === label).length;
  return {
    schema: 'pawl.evaluation-set/1',
    name,
    labels: LABELS,
    rows: rows.length,
    perLabel: Object.fromEntries(LABELS.map((label) => [label, count(label)])),
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    source: 'made for tests',
  };
}

/** A whole candidate with a model of some skill; `over` replaces members of its manifest. */
export function candidateOf(
  skill: number,
  {
    onnx,
    over = {},
    trainingRows = rowsFor('training'),
  }: { onnx?: Uint8Array; over?: Partial<Manifest>; trainingRows?: readonly Row[] } = {},
): Candidate {
  const made = skilled(skill);
  const files = new Map<string, Uint8Array>([
    [MODEL_FILE, onnx ?? made.bytes],
    [TRAINING_ROWS_FILE, printRowKeys(trainingRows.map((row) => row.text))],
  ]);
  const [train, test] = [printRows(trainingRows), printRows(rowsFor())];
  const manifest: Manifest = {
    schema: 'pawl.manifest/1',
    model: MODEL,
    task: 'text-classification',
    labels: LABELS,
    files: [...files].map(([path, bytes]) => ({ path, digest: digestOf(bytes), sizeBytes: bytes.length })),
    preprocessor: { kind: 'hashed-ngrams', tokens: 'words-1', bits: 8, zones: [{ from: 0, to: 1, order: 1 }] },
    contract: CONTRACT,
    run: {
      id: '0000000000r1',
      trainer: 'by-hand',
      seed: 1,
      config: { skill },
      code: { commit: null, dirty: false },
    },
    log: { stream: 'run-0000000000r1', revision: 3, hash: '0'.repeat(64) },
    data: {
      source: { kind: 'test', location: '' },
      train: { digest: digestOf(train), rows: trainingRows.length, labels: {} },
      test: { digest: digestOf(test), rows: 80, labels: { neg: 40, pos: 40 } },
    },
    claimed: { confusion: made.confusion, f1: (2 * skill) / (skill + 10) },
    golden: made.golden,
    createdAt: TIME.toISOString(),
    ...over,
  };
  return { manifest, files };
}

/** The candidate with one of its files replaced, in its manifest too. */
export function withFile({ manifest, files }: Candidate, path: string, bytes: Uint8Array): Candidate {
  const listed = { path, digest: digestOf(bytes), sizeBytes: bytes.length };
  return {
    manifest: { ...manifest, files: [...manifest.files.filter((f) => f.path !== path), listed] },
    files: new Map([...files, [path, bytes]]),
  };
}

/** The gate's own scorer with another runtime: it loads the twenty-number models of `models.ts`. */
export const scoreTiny = scoreInProcess(new URL('./score.tiny.js', import.meta.url));

/** The same in this process: fast, for models that are only inaccurate. */
export const scoreHere: Score = async ({ folder, latency }) => {
  const versions = { onnxruntime: 'test', node: process.versions.node };
  try {
    return { kind: 'scored', measured: await scoreModels(folder, loadTiny, { latency }), versions };
  } catch (error) {
    if (!(error instanceof SideRefusedError)) throw error;
    return { kind: 'refused', which: error.which, findings: error.findings, versions };
  }
};
