import { UsageError } from '../operations/not-found.ts';
import type { Invocation } from './command.ts';

/**
 * Refuses flags that would do nothing beside the others that were given: whoever types one expects something of it.
 *
 * @param names as typed: `--dry-run`
 * @param where they belong, or what to do instead
 * @throws {UsageError} naming those that were given
 */
export function refuse({ flags }: Pick<Invocation<unknown>, 'flags'>, names: readonly string[], where: string): void {
  const given = names.filter((name) => flags[keyOf(name)] !== undefined);
  if (given.length > 0) throw new UsageError(`${given.join(' and ')}: ${where}`);
}

/** As commander hands it over: `dryRun`. */
const keyOf = (name: string): string =>
  name.slice('--'.length).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
