import { settings } from '../../pipeline/config/config.ts';
import { secretVariables } from '../../pipeline/config/secrets.ts';
import { envName, type Setting, settingsOf } from '../../pipeline/config/settings.ts';
import { DataOptions } from '../../pipeline/data/options.ts';
import type { Trainer } from '../../pipeline/training/trainer.ts';
import { trainers } from '../../pipeline/training/trainers.ts';
import { commands } from './commands.ts';
import { code, page, sentence, table } from './markdown.ts';

const INTRO = `Flags override \`PAWL_…\` variables, variables override \`pawl.yaml\`, and \`pawl.yaml\` overrides the defaults. Unknown names are
errors, in the file and among the variables. \`pawl config\` prints every value and where it came from. Relative paths start at the settings
file. If the flag column is empty, use \`--set\`. For editors there is a
[JSON Schema](../../pipeline/config.schema.json): \`# yaml-language-server: $schema=PATH\` as the first line of \`pawl.yaml\`.

\`policy.*\` fills \`gate.json\` when the registry is made. Afterwards only the copy on the registry's main counts, and
\`pawl registry configure\` changes it.`;

const HEAD = ['setting', 'variable', 'flag', 'default', 'meaning'] as const;

/** `docs/reference/settings.md`: every setting, those of a trainer under the trainer, those of data by kind of source. */
export function settingsPage(notice: string): string {
  const own = (s: Setting) => !['data', 'training'].includes(s.path[0] as string);
  const common = settings.filter((s) => s.path[0] === 'training' && s.path[1] !== 'config');
  return page(
    '# Settings',
    notice,
    INTRO,
    '## General',
    tableOf(settings.filter(own)),
    '## Training',
    tableOf(common),
    ...trainers.map(trainerPart),
    '## Data',
    '`data.kind` decides where the rows come from, and which other names `data` has:',
    dataTable(),
    '## Secrets',
    'Secrets are only read from environment variables.',
    table(
      ['variable', 'what it is'],
      secretVariables.map(({ name, description }) => [code(name), sentence(description)]),
    ),
  );
}

function trainerPart({ name, summary, config }: Trainer): string {
  const own = settingsOf(config).map((s) => under(s, ['training', 'config']));
  return page(`### ${name}`, `${sentence(summary)}.`, tableOf(own)).trimEnd();
}

const tableOf = (rows: readonly Setting[]): string =>
  table(
    HEAD,
    rows.map((s) => settingRow(s, code(s.path.join('.')))),
  );

/** A setting of a part, where the part stands in the whole. */
function under(setting: Setting, prefix: readonly string[]): Setting {
  const path = [...prefix, ...setting.path];
  return { ...setting, path, env: envName(path) };
}

/** The flags that write a setting, by the setting's path. */
const flagsOf = (path: string): string[] => [
  ...new Set(
    commands.flatMap((c) =>
      (c.flags ?? []).filter((f) => f.setting === path).map((f) => f.flags.split(' ')[0] as string),
    ),
  ),
];

const shown = (value: unknown): string => (value === undefined ? '' : code(JSON.stringify(value)));

function settingRow(s: Setting, name: string): string[] {
  const choices = s.choices.map((c) => code(/^[\w-]+$/.test(String(c)) ? String(c) : JSON.stringify(c)));
  const meaning = [sentence(s.description), choices.join(', ')].filter(Boolean).join(': ');
  return [name, code(s.env), flagsOf(s.path.join('.')).map(code).join(' '), shown(s.default), meaning];
}

/** The same name may mean something else in another kind of source, so each meaning has a row. */
function dataTable(): string {
  const rows = new Map<string, { cells: string[]; kinds: string[] }>();
  const kinds = DataOptions.options.map((option) => option.shape.kind.value);
  const kind = settings.find((s) => s.path.join('.') === 'data.kind') as Setting;
  rows.set('kind', { cells: settingRow(kind, code('data.kind')), kinds });
  DataOptions.options.forEach((option, i) => {
    for (const s of settingsOf(option)) {
      if (s.path[0] === 'kind') continue;
      const full = under(s, ['data']);
      const cells = settingRow(full, code(full.path.join('.')));
      const known = rows.get(cells.join());
      if (known) known.kinds.push(kinds[i] as string);
      else rows.set(cells.join(), { cells, kinds: [kinds[i] as string] });
    }
  });
  const body = [...rows.values()].map(({ cells: [name = '', ...rest], kinds: of }) => [
    name,
    of.length === kinds.length ? 'all' : of.map(code).join(' '),
    ...rest,
  ]);
  const [first, ...others] = HEAD;
  return table([first, 'for', ...others], body);
}
