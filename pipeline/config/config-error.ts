import { PawlError } from '../../events/errors.ts';

/** One thing wrong with the configuration: which setting, where it was set, and what to write instead. */
export type ConfigProblem = { readonly path: string; readonly origin: string; readonly message: string };

/**
 * The configuration is wrong; `problems` holds all problems, not only the first. Nothing was read or written with it.
 */
export class ConfigError extends PawlError {
  readonly code = 'config_invalid';
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[], options?: ErrorOptions) {
    const lines = problems.map((p) => `  ${p.path || '(root)'}: ${p.message}${p.origin ? ` (${p.origin})` : ''}`);
    super(
      `the configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`,
      options,
    );
    this.problems = problems;
  }
}
