import type { Artifacts } from '../artifacts/artifacts.ts';
import { digestOf } from '../digest.ts';
import type { EvaluationSet } from '../evaluation-set.ts';
import { MAX_JSON_BYTES } from '../file.ts';
import type { Git } from '../git.ts';
import { OutputTooLargeError } from '../git-process.ts';
import type { TreeChange } from '../git-tree.ts';
import { errored, type Finding, failed, shown } from '../judge/finding.ts';
import { rulesFor } from '../judge/judge.ts';
import type { ModelPolicy, Policy } from '../policy.ts';
import type { Production } from '../production.ts';
import { type Pinned, RegistryAt } from '../registry.ts';
import type { ObjectId, VersionRef } from '../values.ts';
import type { Bound } from '../verdict/verdict.ts';
import { type Change, type ChangedFile, classify, MAX_CHANGES } from './change.ts';
import { findCraftedTrees } from './crafted-trees.ts';
import { baselineSide, newVersion, oldVersion, refOf, type Side, sameRef } from './sides.ts';
import { fromBase, fromHead, Stop, stopIf } from './stop.ts';

/** What is to be judged: rules, rows and baseline from main, the candidate from one commit, all pinned by digest. */
export type Subject = {
  readonly class: 'promotion' | 'rollback';
  readonly model: string;
  readonly production: Production;
  readonly policy: Policy;
  readonly rules: ModelPolicy;
  readonly set: EvaluationSet;
  readonly candidate: Side;
  readonly baseline: Side | null;
  readonly bound: Bound;
};

export type SubjectRequest = {
  readonly git: Git;
  readonly head: ObjectId;
  readonly base: ObjectId;
  readonly artifacts: Artifacts;
};

type Movement = Extract<Change, { class: 'promotion' | 'rollback' }>;

/** The output of a diff of 53 paths is far below this; a larger one is refused unread. */
const MAX_DIFF_BYTES = 1_000_000;

/** Both ids must be commits of this repository. @throws {Stop} */
export async function checkCommits({ git, head, base }: SubjectRequest): Promise<void> {
  for (const [name, oid] of [
    ['base', base],
    ['head', head],
  ] as const)
    if (!(await fromBase(git.commitId(oid))))
      throw new Stop([errored('no-such-commit', `the ${name} ${oid} is no commit in this repository`)]);
}

/** The policy on main; no other copy counts. */
export const policyOf = ({ git, base }: SubjectRequest): Promise<Pinned<Policy>> =>
  fromBase(new RegistryAt(git, base).policy());

/** The head's changes against main, and their class. @throws {Stop} if the gate must not judge them */
export async function changeOf({ git, head, base }: SubjectRequest): Promise<{ change: Movement; from: ObjectId }> {
  const [from, ...others] = await fromBase(git.mergeBases(base, head));
  if (!from || others.length > 0)
    throw new Stop([
      failed('history', `the head and main have ${others.length + (from ? 1 : 0)} merge bases, not one`),
    ]);
  const changes = await fromHead(changesOf(git, from, head));
  const change = classify(changes);
  if (change.class === 'refused') throw new Stop(change.findings);
  if (change.class === 'config')
    throw new Stop([
      failed(
        'config-change',
        `${change.paths.slice(0, 10).map(shown).join(', ')}: rules and documents are for people to review and merge`,
      ),
    ]);
  stopIf(
    await fromHead(
      findCraftedTrees(
        git,
        head,
        changes.map((c) => c.path),
      ),
    ),
  );
  return { change, from };
}

async function changesOf(git: Git, from: ObjectId, head: ObjectId): Promise<TreeChange[]> {
  try {
    return await git.changes(from, head, MAX_DIFF_BYTES);
  } catch (cause) {
    if (!(cause instanceof OutputTooLargeError)) throw cause;
    throw new Stop([failed('too-many-files', `far more files are changed than the ${MAX_CHANGES} allowed`)], { cause });
  }
}

/** Reads and checks everything but the models themselves. @throws {Stop} */
export async function readSubject(
  request: SubjectRequest,
  policy: Pinned<Policy>,
  { change, from }: { change: Movement; from: ObjectId },
): Promise<Subject> {
  const { git, head, base, artifacts } = request;
  const { model } = change;
  const [main, branch] = [new RegistryAt(git, base), new RegistryAt(git, head)];
  const rules = rulesFor(policy.value, model);
  if (!rules) throw new Stop([failed('no-policy', `gate.json has no rules for the model ${model}`)]);
  const files = change.class === 'promotion' ? [change.production, ...change.files.values()] : [change.production];
  const pointer = await fromHead(branch.production(model));
  if (!pointer) throw new Stop([failed('no-production', `${model} has no production.json at the head`)]);
  const baseline = await fromBase(main.production(model));
  await checkPrevious(pointer.value, baseline?.value ?? null, new RegistryAt(git, from));
  const production = pointer.value;
  const candidate: Side =
    change.class === 'promotion'
      ? await newVersion({ branch, main, artifacts, change, production, treeBytes: policy.value.limits.treeBytes })
      : await oldVersion({ main, artifacts, model, production });
  stopIf(revoked(policy.value, candidate.ref));
  const set = await fromBase(main.evaluationSet(rules.evaluation));
  return {
    class: change.class,
    model,
    production,
    policy: policy.value,
    rules,
    set: set.value,
    candidate,
    baseline: baseline && (await comparedSide(change.class, () => baselineSide(main, artifacts, baseline.value))),
    bound: {
      head,
      base,
      policy: policy.digest,
      evaluation: { set: rules.evaluation, digest: set.digest },
      baseline: baseline && refOf(baseline.value),
      candidate: candidate.ref,
      changes: await digestsOf(branch, files, policy.value.limits.treeBytes),
    },
  };
}

/** A rollback needs no better F1. So it leads away even from a version that cannot be read, and is not compared then. */
async function comparedSide(kind: Movement['class'], read: () => Promise<Side>): Promise<Side | null> {
  try {
    return await read();
  } catch (error) {
    if (kind === 'rollback' && error instanceof Stop) return null;
    throw error;
  }
}

async function checkPrevious(production: Production, baseline: VersionRef | null, from: RegistryAt): Promise<void> {
  const { previous, model } = production;
  if (sameRef(previous, baseline)) return;
  const name = (ref: VersionRef | null) => (ref ? `version ${ref.version}` : 'nothing');
  const message = `production.json says that ${name(previous)} of ${model} is in production, on main it is ${name(baseline)}`;
  const before = await fromBase(from.production(model));
  if (sameRef(previous, before?.value ?? null)) throw new Stop([errored('stale-baseline', message)], { stale: true });
  throw new Stop([failed('wrong-previous', message)]);
}

const revoked = (policy: Policy, { version, manifest }: VersionRef): Finding[] =>
  policy.revoked.includes(manifest)
    ? [failed('revoked', `version ${version} (${manifest}) is revoked by gate.json: it must never serve again`)]
    : [];

async function digestsOf(
  branch: RegistryAt,
  files: readonly ChangedFile[],
  treeBytes: number,
): Promise<Bound['changes']> {
  const changes: Bound['changes'] = [];
  for (const { path } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
    changes.push({ path, digest: digestOf(await fromHead(branch.file(path, Math.max(treeBytes, MAX_JSON_BYTES)))) });
  return changes;
}
