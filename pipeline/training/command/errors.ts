import { PawlError } from '../../../events/errors.ts';

/** A program that was to train did not do what the contract says. The message has its last words. */
export class TrainerCommandError extends PawlError {
  readonly code = 'trainer_command_failed';
}
