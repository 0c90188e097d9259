import type * as z from 'zod';
import type { Averaging } from '../../registry-repo/f1.ts';
import type { Manifest } from '../../registry-repo/manifest.ts';
import type { Row } from '../../registry-repo/rows.ts';
import type { Preprocessor } from '../../registry-repo/runtime/preprocessor.ts';
import type { Apart } from './command/apart.ts';

/** What a trainer reports while it works. Metrics and epochs become events; progress is for the person who waits. */
export type Report = {
  /** @param step counts whatever the trainer counts, from 0 */
  metric(name: string, value: number, step: number): void;
  epoch(epoch: { epoch: number; of: number; metrics: Readonly<Record<string, number>>; durationMs: number }): void;
  /** @param of the total, in the same unit as `done` */
  progress(stage: string, done: number, of: number): void;
};

/** Absolute paths. */
export type TrainerFolders = {
  /** Relative paths in the trainer's settings are relative to this folder. */
  readonly config: string;
  /** Downloads and other files that can be made again; shared by runs. */
  readonly cache: string;
  /**
   * Of this run and of any later one with the same data, trainer, settings and seed: where a killed run is continued.
   */
  readonly checkpoints: string;
};

/** Where pretrained models are downloaded from. */
export type HubAccess = {
  /** Address of the Hugging Face hub or a mirror. */
  readonly endpoint: string;
  /** Uses only what the cache has, and sends no request. */
  readonly offline: boolean;
  /** The way there. */
  readonly fetch: typeof fetch;
};

export type TrainingContext = {
  readonly rows: readonly Row[];
  /** Every label of the rows, in the order of the model's outputs. */
  readonly labels: readonly string[];
  /** The F1 that the gate will compare: a trainer chooses by it, on rows that it holds out. */
  readonly averaging: Averaging;
  /** 32 bits. With the same seed, rows and config, a trainer gives the same bytes, whatever `workers` is. */
  readonly seed: number;
  /** Threads it may use. */
  readonly workers: number;
  readonly report: Report;
  /** Texts without labels, for trainers that learn from them; empty if none are configured. */
  readonly unlabelled: readonly string[];
  readonly folders: TrainerFolders;
  readonly hub: HubAccess;
  /**
   * Isolates a program of a commit from this machine's secrets; null for a program that the machine's user starts, or
   * if there is no isolation.
   */
  readonly apart: Apart | null;
  /** When it aborts, the trainer stops its threads and rejects with the signal's reason. */
  readonly signal: AbortSignal;
};

/**
 * Everything needed to answer without the trainer: `files` holds `model.onnx` and the files that the preprocessor
 * names.
 */
export type TrainedModel = {
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  readonly preprocessor: Preprocessor;
  readonly contract: Manifest['contract'];
  /** For the manifest, if training started from a pretrained model. */
  readonly pretrained?: NonNullable<Manifest['pretrained']>;
  /** Kept with the run for people; not part of the candidate. */
  readonly records?: readonly { readonly path: string; readonly bytes: Uint8Array }[];
};

/** A named way to train; its config schema has a default and a description for every key. */
export type Trainer<S extends z.ZodType = z.ZodType> = {
  readonly name: string;
  readonly summary: string;
  readonly config: S;
  /** Whether it learns from texts without labels, too; for others they are not read. */
  readonly unlabelled?: true;
  train(context: TrainingContext, config: z.output<S>): Promise<TrainedModel>;
};
