import { resolve } from 'node:path';
import { Command as Commander, CommanderError, Help, Option } from 'commander';
import { type Command, EXIT, type Flag, type Verb } from './commands/command.ts';
import { verbs } from './commands/commands.ts';
import { isUrl } from './config/address.ts';
import type { Call } from './main.ts';
import { version } from './package-info.ts';
import { respelt } from './spelling.ts';
import type { Surroundings, Terminal } from './surroundings.ts';
import type { Workspace } from './workspace.ts';

const GROUPS: Readonly<Record<string, string>> = {
  runs: 'training runs',
  events: 'the log that everything is derived from',
  registry: 'the git repository whose main branch is production',
  artifacts: 'stored bytes, by digest',
  hook: 'training on push',
  backend: 'what computes for training',
};

const EXIT_CODES = `
Exit codes: 0 done, 1 the answer is no (a gate refused, a check failed), 2 wrong usage or settings,
3 failure, 130 stopped. Every setting can be given by --set, a PAWL_… variable or pawl.yaml: see \`pawl config\`.`;

const gather = (value: string, previous: readonly string[] = []): string[] => [...previous, value];

/** Runs a command line to its end, and gives the exit code. Rejects only if the program itself is wrong. */
export async function program(around: Surroundings): Promise<number> {
  const words = respelt(around.args);
  let code: number = EXIT.done;
  const commander = await createProgram(words, around, (ended) => (code = ended));
  try {
    await commander.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}

/** Registers every verb by name, and in full those that the arguments may call. */
async function createProgram(
  words: readonly string[],
  around: Surroundings,
  onEnd: (code: number) => void,
): Promise<Commander> {
  const { stdout, stderr } = around;
  const takes = new Map<Commander, string>();
  const program = new Commander('pawl')
    .description(
      'A model registry that only moves forward: a promotion is a pull request, and a gate that scores again decides it.',
    )
    .version(version)
    .option('--config <file>', 'settings (default: pawl.yaml in this folder, if it is there)')
    .option('--set <path=value>', 'set any setting, e.g. --set training.seed=7; may be repeated', gather)
    .showHelpAfterError('(pawl --help shows every command)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => widthOf(stdout),
      getErrHelpWidth: () => widthOf(stderr),
    })
    .addHelpText('after', EXIT_CODES)
    .configureHelp({
      subcommandTerm(sub) {
        const after = takes.get(sub);
        return after === undefined ? Help.prototype.subcommandTerm.call(this, sub) : `${sub.name()} ${after}`.trimEnd();
      },
    });
  for (const verb of verbs) {
    const sub = add(program, verb);
    takes.set(sub, verb.takes);
    if (!verb.name.split(' ').every((word) => words.includes(word))) continue;
    const command = await verb.load();
    describe(sub, verb, command);
    sub.action(async () => {
      const { run } = await import('./main.ts');
      onEnd(await run(command, callOf(program, command, sub, around.folder), around));
    });
  }
  return program;
}

function add(program: Commander, { name, summary }: Verb<Workspace>): Commander {
  const words = name.split(' ');
  const last = words.pop() as string;
  return words.reduce(group, program).command(last).summary(summary);
}

/** Tells commander a verb's arguments and flags. */
function describe(sub: Commander, { summary }: Verb<Workspace>, command: Command<Workspace>): void {
  sub.description(descriptionOf(summary, command.details));
  for (const { name, description, optional, variadic } of command.arguments ?? []) {
    const word = name + (variadic ? '...' : '');
    sub.argument(optional ? `[${word}]` : `<${word}>`, description);
  }
  for (const flag of command.flags ?? []) sub.addOption(optionOf(flag));
  if (command.json) sub.option('--json', 'print the result as JSON');
  const examples = command.examples.map(([line, what]) => `  ${line}\n      ${what}`);
  if (examples.length > 0) sub.addHelpText('after', `\nExamples:\n${examples.join('\n')}`);
}

/** What is repeated is gathered; of anything else the last one counts, as everywhere. */
const optionOf = ({ flags, description, repeatable }: Flag): Option => {
  const option = new Option(flags, description);
  return repeatable === true ? option.argParser(gather) : option;
};

const group = (parent: Commander, word: string): Commander =>
  parent.commands.find((c) => c.name() === word) ?? parent.command(word).description(GROUPS[word] ?? '');

/** Columns to fill. */
const widthOf = ({ isTTY, columns = 80 }: Terminal): number => (isTTY ? columns : 80);

function descriptionOf(summary: string, details: string | undefined): string {
  const first = `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
  return details ? `${first}\n\n${details}` : first;
}

type Flags = Record<string, string | boolean | undefined>;

/** What stands before the last word, as in `pawl sweep --id 3f2a point sweep.yaml`: commander reads it for `sweep`. */
function flagsAround(program: Commander, sub: Commander): Flags {
  const { parent } = sub;
  if (!parent || parent === program) return {};
  const given = parent.opts<Flags>();
  const own = new Set(sub.options.map((option) => option.attributeName()));
  for (const option of parent.options) {
    const name = option.attributeName();
    if (given[name] === undefined || own.has(name)) continue;
    sub.error(`error: ${option.long} belongs to \`pawl ${parent.name()}\`, and \`${sub.name()}\` does not know it`);
  }
  return given;
}

/** What was typed, with the flags that are settings in disguise turned into such. */
function callOf(program: Commander, command: Command<Workspace>, sub: Commander, folder: string): Call {
  const { config, set = [] } = program.opts<{ config?: string; set?: string[] }>();
  const flags: Flags = { ...flagsAround(program, sub), ...sub.opts<Flags>() };
  const settings = set.map((assignment) => {
    const at = assignment.indexOf('=');
    const path = at < 0 ? assignment : assignment.slice(0, at);
    return { path, text: at < 0 ? '' : assignment.slice(at + 1), flag: `--set ${path}` };
  });
  for (const { flags: names, setting, path } of command.flags ?? []) {
    const value = flags[new Option(names, '').attributeName()];
    if (setting === undefined || value === undefined) continue;
    // Paths in settings are relative to their file; typed paths are relative to the user's folder.
    const relative = path && config !== undefined && !isUrl(String(value));
    const text = relative ? resolve(folder, String(value)) : String(value);
    settings.push({ path: setting, text, flag: names.split(' ')[0] ?? '' });
  }
  return { args: sub.args, flags, settings, config };
}
