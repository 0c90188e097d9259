import type { Command, Verb } from '../../pipeline/commands/command.ts';
import { verbs } from '../../pipeline/commands/commands.ts';
import type { Workspace } from '../../pipeline/workspace.ts';

/** A verb with all that its help says. */
export type DocumentedCommand = Verb<Workspace> & Command<Workspace>;

/** Every verb of the command line, loaded. */
export const commands: readonly DocumentedCommand[] = await Promise.all(
  verbs.map(async (verb) => ({ ...verb, ...(await verb.load()) })),
);

/** What follows a verb, as its help shows it: `<number>`, `[text...]`. */
export const argumentsOf = ({ arguments: args = [] }: Command<Workspace>): string[] =>
  args.map(({ name, optional, variadic }) => {
    const word = name + (variadic ? '...' : '');
    return optional ? `[${word}]` : `<${word}>`;
  });
