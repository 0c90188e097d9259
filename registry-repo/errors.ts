/**
 * Root of every error thrown on purpose by `registry-repo`, which imports no other folder so that a gate can run with
 * nothing else. `code` is the contract; `message` says what to do next.
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

/** A model that would give wrong answers on this processor, whatever the runtime does, and right ones on another. */
export class ProcessorLacksVnniError extends RegistryError {
  readonly code = 'processor_lacks_vnni';
  /** @param processor its name for people */
  constructor(processor: string) {
    super(
      `the model multiplies bytes by signed bytes that it makes while it runs, and this processor (${processor}) adds such products in 16 bits, which overflow: use a processor with VNNI, or quantize the float model with \`pawl quantize\`, which answers the same everywhere`,
    );
  }
}

/** A model file that the runtime refuses or cannot load. */
export class ModelRefusedError extends RegistryError {
  readonly code = 'model_refused';
}
