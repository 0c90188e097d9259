import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainingContext } from '../../pipeline/training/trainer.ts';

const nowhere = join(tmpdir(), 'pawl-test-nothing-is-written-here');

/** A trainer's context that ignores its reports; a test must give at least `rows` and `labels`. */
export const trainingContext = (
  over: Pick<TrainingContext, 'rows' | 'labels'> & Partial<TrainingContext>,
): TrainingContext => ({
  averaging: { average: 'macro', positive: null },
  unlabelled: [],
  folders: { config: nowhere, cache: nowhere, checkpoints: nowhere },
  hub: { endpoint: 'http://127.0.0.1:9', offline: true, fetch },
  apart: null,
  seed: 1,
  workers: 1,
  report: { metric: () => {}, epoch: () => {}, progress: () => {} },
  signal: new AbortController().signal,
  ...over,
});
