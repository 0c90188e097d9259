import * as z from 'zod';
import { define } from './definition.ts';
import { Count, Digest, Instant, Label, Milliseconds, ModelName, ObjectId, VersionRef } from './values.ts';

const d = (hex: string) => `sha256:${hex.repeat(64)}`;

/** Events of `server-<instance>` streams: what a server served, refused and counted. */
export const serverEvents = {
  /** From now on the server answers with this version; `registryCommit` is the tip of main that named it. */
  ModelActivated: define(
    'server',
    z.strictObject({
      model: ModelName,
      active: VersionRef,
      modelDigest: Digest,
      registryCommit: ObjectId,
      verdict: Digest,
      selfTest: z.strictObject({ rows: Count, maxDifference: z.number().min(0) }),
      loadMs: Milliseconds,
    }),
    {
      model: 'sentiment',
      active: { version: 2, manifest: d('5') },
      modelDigest: d('4'),
      registryCommit: 'f'.repeat(40),
      verdict: d('a'),
      selfTest: { rows: 8, maxDifference: 0 },
      loadMs: 140,
    },
  ),
  /** Main named something that the server refused to run; `kept` is the version that it continues to answer with. */
  ModelActivationRefused: define(
    'server',
    z.strictObject({
      model: ModelName,
      refused: VersionRef.nullable(),
      kept: VersionRef.nullable(),
      registryCommit: ObjectId,
      code: z.string().min(1).max(100),
      detail: z.string().max(2000),
    }),
    {
      model: 'sentiment',
      refused: { version: 3, manifest: d('7') },
      kept: { version: 2, manifest: d('5') },
      registryCommit: '4'.repeat(40),
      code: 'verdict_missing',
      detail: 'no signed verdict for models/sentiment/production.json at this commit',
    },
  ),
  /** A process that ran the model ended by itself, or was killed because it hung or took too much memory. */
  WorkerLost: define(
    'server',
    z.strictObject({
      model: ModelName,
      served: VersionRef,
      code: z.string().min(1).max(100),
      detail: z.string().max(2000),
    }),
    {
      model: 'sentiment',
      served: { version: 2, manifest: d('5') },
      code: 'worker_lost',
      detail: 'the process that runs the model ended by itself (SIGSEGV)',
    },
  ),
  /**
   * An operator accepted main as it is, although it does not continue from what the server had settled on (`before`, null if that
   * could not be read). The manifests of `lifted` may serve again.
   */
  MainAccepted: define(
    'server',
    z.strictObject({
      model: ModelName,
      commit: ObjectId,
      before: ObjectId.nullable(),
      lifted: z.array(Digest).max(1000),
      reason: z.string().min(1).max(2000),
    }),
    {
      model: 'sentiment',
      commit: 'f'.repeat(40),
      before: '4'.repeat(40),
      lifted: [],
      reason: 'main was restored from the backup of Tuesday',
    },
  ),
  /** Requests and answers in a window of time: counts only, never texts. */
  TrafficObserved: define(
    'server',
    z.strictObject({
      model: ModelName,
      served: VersionRef,
      from: Instant,
      to: Instant,
      requests: Count,
      texts: Count,
      labels: z.record(Label, Count),
      refused: Count,
      failed: Count,
    }),
    {
      model: 'sentiment',
      served: { version: 2, manifest: d('5') },
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-01T00:01:00.000Z',
      requests: 40,
      texts: 60,
      labels: { neg: 22, pos: 38 },
      refused: 1,
      failed: 0,
    },
  ),
};
