/**
 * Root of every error thrown on purpose by `registry-repo`, which stands alone so that a gate can run with nothing else.
 * `code` is the contract; `message` says what to do next.
 */
export abstract class RegistryError extends Error {
  abstract readonly code: string;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A file of the registry is not what its schema says; `problems` names every one, as `path: message`. */
export class MalformedFileError extends RegistryError {
  readonly code = 'malformed_file';
  readonly path: string;
  readonly problems: readonly string[];
  constructor(path: string, problems: readonly string[], options?: ErrorOptions) {
    super(`${path} is malformed:\n${problems.map((p) => `  ${p}`).join('\n')}`, options);
    this.path = path;
    this.problems = problems;
  }
}

/** A model file that the runtime refuses or cannot load. */
export class ModelRefusedError extends RegistryError {
  readonly code = 'model_refused';
}
