import * as z from 'zod';
import { define } from './definition.ts';
import { Count, Digest, ObjectId } from './values.ts';

const d = (hex: string) => `sha256:${hex.repeat(64)}`;
const o = (hex: string) => hex.repeat(40);

const Commit = { commit: ObjectId, tree: ObjectId, policy: Digest };

/** Events of the streams `registry` and `log`: the rules, what was found on main, checkpoints, audits. */
export const registryEvents = {
  /** The registry's first commit. `gateKey` is the id of the key whose verdicts count. */
  RegistryInitialized: define(
    'registry',
    z.strictObject({
      ...Commit,
      forge: z.string().min(1).max(50),
      location: z.string().max(2000),
      gateKey: z.string().max(200),
    }),
    {
      forge: 'local',
      location: 'registry.git',
      commit: o('c'),
      tree: o('d'),
      policy: d('8'),
      gateKey: 'ed25519:1f2e3d4c',
    },
  ),
  /** A commit on main that changes the rules (policy, evaluation sets, workflows, README), never a model. */
  RegistryConfigured: define(
    'registry',
    z.strictObject({
      ...Commit,
      base: ObjectId,
      paths: z.array(z.string().max(500)).min(1),
      reason: z.string().min(1).max(2000),
    }),
    {
      commit: o('e'),
      tree: o('f'),
      base: o('c'),
      policy: d('9'),
      paths: ['gate.json'],
      reason: 'raise the minimum to 0.88',
    },
  ),
  /** Main was tampered with: no merge of Pawl explains what it holds. Servers keep the last version that they verified. */
  RegistryDriftDetected: define(
    'registry',
    z.strictObject({
      commit: ObjectId,
      lastExplained: ObjectId.nullable(),
      kind: z.enum(['unexplained-commit', 'unrecorded-commit', 'history-rewritten']),
      detail: z.string().max(2000),
    }),
    {
      commit: o('4'),
      lastExplained: o('2'),
      kind: 'unexplained-commit',
      detail: 'models/sentiment/production.json changed without a verdict',
    },
  ),
};

export const logEvents = {
  /** The log up to `size` events has this Merkle root; the signed note (C2SP tlog-checkpoint) is in the registry at `commit`. */
  LogCheckpointed: define(
    'log',
    z.strictObject({
      size: Count,
      root: Digest,
      /** Roots of the tree's complete subtrees, largest first: the next checkpoint continues from them. */
      frontier: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(53),
      note: z.string().max(4000),
      path: z.string().max(500),
      commit: ObjectId,
    }),
    {
      size: 41,
      root: d('0'),
      frontier: ['1'.repeat(64), '2'.repeat(64), '3'.repeat(64)],
      note: 'pawl/log\n41\nAAAA\n\n— pawl/log AAAA\n',
      path: 'models/sentiment/versions/2/checkpoint',
      commit: o('f'),
    },
  ),
  /**
   * The log had lost events: it went on from an older copy with `size` events, or from none. What `main` proves was
   * taken up before this. The checkpoints of `lost` are on main and were signed for events that are gone.
   */
  LogRestored: define(
    'log',
    z.strictObject({
      size: Count,
      main: ObjectId,
      lost: z
        .array(z.strictObject({ path: z.string().max(500), size: Count }))
        .min(1)
        .max(100_000),
    }),
    { size: 20, main: o('f'), lost: [{ path: 'models/sentiment/versions/2/checkpoint', size: 41 }] },
  ),
  /** An audit replayed everything up to `position`; the report is an artifact. */
  AuditCompleted: define(
    'log',
    z.strictObject({ position: Count, passed: z.boolean(), findings: Count, report: Digest }),
    { position: 41, passed: true, findings: 0, report: d('e') },
  ),
};
