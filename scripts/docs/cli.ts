import { argumentsOf, type DocumentedCommand as Command, commands } from './commands.ts';
import { code, fence, page, prose, sentence, table } from './markdown.ts';

const INTRO = `\`pawl --help\` and \`pawl COMMAND --help\` say the same. Before the command, \`--config FILE\` names a settings
file and \`--set path=value\` sets any setting. Results go to standard output; remarks and progress go to standard error.
You may shorten a run's id to four characters or more. For a misspelt name, Pawl suggests others.`;

const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'the answer is no: the gate refused, a check failed, or main or the log was tampered with'],
  ['2', 'wrong usage or settings; nothing was done'],
  ['3', 'failure; the message ends with a code from [errors](errors.md)'],
  [
    '130',
    'stopped by Ctrl-C or SIGTERM before it was done (`up`, `serve` and `watch` end with 0). The signal itself ends a command that has nothing to finish: shells then show 130 or 143',
  ],
];

/** `docs/reference/cli.md`: every command as its help says it. */
export const cliPage = (notice: string): string =>
  page(
    '# Commands',
    notice,
    INTRO,
    table(
      ['command', 'what it does', 'flags'],
      commands.map((c) => [`[${code(usage(c))}](#${anchor(c)})`, c.summary, flagNames(c).map(code).join(' ')]),
    ),
    '## Exit codes',
    table(['exit code', 'meaning'], EXIT_CODES),
    ...commands.map(describe),
  );

/** A command with its arguments, as help shows it. */
const usage = (command: Command): string => ['pawl', command.name, ...argumentsOf(command)].join(' ');

const anchor = ({ name }: Command): string => `pawl-${name.replaceAll(' ', '-')}`;

const flagNames = ({ flags = [], json }: Command): string[] => [
  ...flags.map((f) => f.flags),
  ...(json ? ['--json'] : []),
];

function describe(command: Command): string {
  const { name, summary, details, arguments: args = [], flags = [], json, examples } = command;
  const rows = flags.map((f) => [code(f.flags), prose(f.description), f.setting ? code(f.setting) : '']);
  if (json) rows.push([code('--json'), 'print the result as JSON', '']);
  return page(
    `## pawl ${name}`,
    `${sentence(summary)}.`,
    prose(details ?? ''),
    fence('text', usage(command)),
    args.length === 0
      ? ''
      : table(
          ['argument', 'meaning'],
          args.map((a) => [code(a.name), prose(a.description)]),
        ),
    rows.length === 0 ? '' : table(['flag', 'meaning', 'setting'], rows),
    fence('text', examples.map(([line, what]) => `${line}\n    ${what}`).join('\n')),
  ).trimEnd();
}
