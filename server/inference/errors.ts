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

/** The client has closed the connection. */
export class RequestAbortedError extends PawlError {
  readonly code = 'request_aborted';
}

/** Two processes ended while they computed this text: it is not tried a third time. */
export class TextCrashesModelError extends PawlError {
  readonly code = 'text_crashes_model';
}

/** The loaded model does not give its manifest's golden answers on this machine. */
export class SelfTestFailedError extends PawlError {
  readonly code = 'self_test_failed';
}

/** The server is stopping. */
export class ShuttingDownError extends PawlError {
  readonly code = 'shutting_down';
}
