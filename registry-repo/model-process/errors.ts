import { RegistryError } from '../errors.ts';

/** The process that ran the model ended during its work: it crashed, or took more memory than it may. */
export class WorkerLostError extends RegistryError {
  readonly code = 'worker_lost';
}

/** The process that ran the model did not answer in time, and was killed. */
export class WorkerHungError extends RegistryError {
  readonly code = 'worker_hung';
}

/**
 * The model ran, and gave nothing usable for these texts. The process can go on; `cause` has its message, which may
 * quote a text.
 */
export class ModelFailedError extends RegistryError {
  readonly code = 'model_failed';
}

/** The model's bytes are as the registry says, but they cannot be loaded. */
export class ModelUnloadableError extends RegistryError {
  readonly code = 'model_unloadable';
}
