import type { EventData } from '../../events/catalogue.ts';
import type { Command } from '../../events/envelope.ts';
import type { EventStore } from '../../events/store.ts';
import type { Artifacts } from '../../registry-repo/artifacts/artifacts.ts';
import type { Averaging } from '../../registry-repo/f1.ts';
import type { OpenModel } from '../../registry-repo/runtime/runtime.ts';
import type { Progress } from '../progress.ts';
import type { Apart } from './command/apart.ts';
import type { HubAccess, Trainer, TrainerFolders } from './trainer.ts';

/** A request to train: the trainer, the data, and the cause. */
export type RunRequest = {
  readonly model: string;
  readonly trainer: Trainer;
  /** Checked by the trainer's schema. */
  readonly config: Record<string, unknown>;
  readonly seed: number;
  readonly workers: number;
  readonly trigger: EventData<'TrainingRunStarted'>['trigger'];
  readonly code: EventData<'TrainingRunStarted'>['code'];
  /** The sweep that the run is a point of. */
  readonly sweep?: EventData<'TrainingRunStarted'>['sweep'];
  /** The options that found the rows, so that the run can be repeated. */
  readonly dataOptions: Record<string, unknown>;
  /** How F1 is averaged, for these labels, in what the run chooses by and claims. */
  readonly averaging: (labels: readonly string[]) => Promise<Averaging>;
};

export type RunPorts = {
  readonly store: EventStore;
  readonly artifacts: Artifacts;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly command: Pick<Command, 'actor' | 'source'>;
  readonly progress: Progress;
  /** The trained model is measured there. */
  readonly openModel: OpenModel;
  /** As a trainer gets them; a run has its own folder below that of the checkpoints. */
  readonly folders: TrainerFolders;
  readonly hub: HubAccess;
  readonly apart: Apart | null;
  readonly signal: AbortSignal;
};
