import { PawlError } from '../../events/errors.ts';

/** More texts are waiting than the limit allows. Nothing was computed. */
export class QueueFullError extends PawlError {
  readonly code = 'queue_full';
}

/** The deadline came before a worker had time for the request. */
export class OverloadedError extends PawlError {
  readonly code = 'overloaded';
}

/** The deadline came while the request was being computed. */
export class DeadlineExceededError extends PawlError {
  readonly code = 'deadline_exceeded';
}

/** Whoever asked has gone. */
export class RequestAbortedError extends PawlError {
  readonly code = 'request_aborted';
}

/** The worker ended in the middle of the request. */
export class WorkerLostError extends PawlError {
  readonly code = 'worker_lost';
}

/** The worker did not answer in time and was given up. It cannot be killed: see {@link InferenceThread}. */
export class WorkerHungError extends PawlError {
  readonly code = 'worker_hung';
}

/** The model ran, and gave nothing usable for this text. */
export class ModelFailedError extends PawlError {
  readonly code = 'model_failed';
}

/** The model's bytes are as the registry says, but no worker can load them. */
export class ModelUnloadableError extends PawlError {
  readonly code = 'model_unloadable';
}

/** The loaded model does not give its manifest's golden answers on this machine. */
export class SelfTestFailedError extends PawlError {
  readonly code = 'self_test_failed';
}

/** The server is stopping. */
export class ShuttingDownError extends PawlError {
  readonly code = 'shutting_down';
}
