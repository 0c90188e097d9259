import { PawlError } from '../../../events/errors.ts';

/** A training program did not do what the contract says. The message has the end of its output. */
export class TrainerCommandError extends PawlError {
  readonly code = 'trainer_command_failed';
}
