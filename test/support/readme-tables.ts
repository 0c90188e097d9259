import type { Command as CommandOf } from '../../pipeline/commands/command.ts';
import { commands } from '../../pipeline/commands/commands.ts';
import { settings } from '../../pipeline/config/config.ts';
import { type Setting, settingsOf } from '../../pipeline/config/settings.ts';
import { DataOptions } from '../../pipeline/data/options.ts';
import type { Workspace } from '../../pipeline/workspace.ts';
import { testApp } from './app.ts';

// The reference tables of README.md, made from the source they describe. `write-readme-tables.ts` writes them, a test compares.

type Command = CommandOf<Workspace>;

const row = (cells: readonly string[]): string => `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
const sentence = (text: string): string => (text[0] ?? '').toUpperCase() + text.slice(1).replaceAll('<', '\\<');
const code = (text: string): string => `\`${text}\``;

/** A command with its arguments, as help shows it. */
function usage({ name, arguments: args = [] }: Command): string {
  const words = args.map(({ name, optional, variadic }) => {
    const word = name + (variadic ? '...' : '');
    return optional ? `[${word}]` : `<${word}>`;
  });
  return ['pawl', name, ...words].join(' ');
}

const commandsTable = (): string =>
  table(
    ['command', 'what it does', 'flags'],
    commands.map((c) => [
      code(usage(c)),
      c.summary,
      [...(c.flags ?? []).map((f) => f.flags), ...(c.json ? ['--json'] : [])].map(code).join(' '),
    ]),
  );

/** The flags that write a setting, by the setting's path. */
const flagsOf = (path: string): string[] => [
  ...new Set(
    commands.flatMap((c) =>
      (c.flags ?? []).filter((f) => f.setting === path).map((f) => f.flags.split(' ')[0] as string),
    ),
  ),
];

const shown = (value: unknown): string => (value === undefined ? '' : code(JSON.stringify(value)));

const settingRow = (s: Setting, name: string): string[] => {
  const path = s.path.join('.');
  const choices = s.choices.map((c) => code(/^[\w-]+$/.test(String(c)) ? String(c) : JSON.stringify(c)));
  const meaning = [sentence(s.description), choices.join(', ')].filter(Boolean).join(': ');
  return [name, code(s.env), flagsOf(path).map(code).join(' '), shown(s.default), meaning];
};

const SETTING_HEAD = ['setting', 'variable', 'flag', 'default', 'meaning'];

const settingsTable = (): string =>
  table(
    SETTING_HEAD,
    settings.filter((s) => s.path[0] !== 'data').map((s) => settingRow(s, code(s.path.join('.')))),
  );

/** The same name may mean something else in another kind of source, so each meaning has a row. */
function dataTable(): string {
  const rows = new Map<string, { cells: string[]; kinds: string[] }>();
  const kinds = DataOptions.options.map((option) => option.shape.kind.value);
  rows.set('kind', { cells: settingRow(settings.find((s) => s.path.join('.') === 'data.kind') as Setting, ''), kinds });
  DataOptions.options.forEach((option, i) => {
    for (const s of settingsOf(option)) {
      if (s.path[0] === 'kind') continue;
      const full = { ...s, path: ['data', ...s.path], env: `PAWL_DATA_${s.env.slice('PAWL_'.length)}` };
      const cells = settingRow(full, code(full.path.join('.')));
      const known = rows.get(cells.join());
      if (known) known.kinds.push(kinds[i] as string);
      else rows.set(cells.join(), { cells, kinds: [kinds[i] as string] });
    }
  });
  const body = [...rows.values()].map(({ cells, kinds: of }) => {
    const [name, ...rest] = cells;
    return [name || code('data.kind'), of.length === kinds.length ? 'all' : of.map(code).join(' '), ...rest];
  });
  const [first, ...others] = SETTING_HEAD as [string, ...string[]];
  return table([first, 'for', ...others], body);
}

/** What the OpenAPI document cannot say: the document itself, and what is for people. */
const OTHER_ENDPOINTS: Readonly<Record<string, string>> = {
  'GET /openapi.json': 'This interface as an OpenAPI 3.1 document',
  'GET /': 'A page for people: what answers and why, and a text to try',
  'GET /assets/:file': 'The files that the page loads',
};

type Document = {
  paths: Record<string, Record<string, { summary?: string; responses: Record<string, unknown> }>>;
};

async function endpointsTable(): Promise<string> {
  const { app } = await testApp();
  const { paths } = (await (await app.request('/openapi.json')).json()) as Document;
  const routes = app.routes.filter((r) => r.method !== 'ALL').map((r) => `${r.method} ${r.path}`);
  const rows = [...new Set(routes)].map((route) => {
    const [method = '', path = ''] = route.split(' ');
    const described = paths[path]?.[method.toLowerCase()];
    const statuses = described
      ? Object.keys(described.responses).join(' ')
      : path.includes(':')
        ? '200 304 404'
        : '200';
    return [code(route), described?.summary ?? OTHER_ENDPOINTS[route] ?? '', statuses];
  });
  return table(['endpoint', 'what it answers', 'statuses'], rows);
}

/** Every generated table of README.md by the name in its marker. */
export const readmeTables = async (): Promise<ReadonlyMap<string, string>> =>
  new Map([
    ['commands', commandsTable()],
    ['endpoints', await endpointsTable()],
    ['settings', settingsTable()],
    ['data settings', dataTable()],
  ]);

const MARKED = /<!-- table: ([a-z ]+) -->([\s\S]*?)<!-- end of table -->/g;

/** The tables as they stand in a text, by name. */
export const tablesIn = (text: string): Map<string, string> =>
  new Map([...text.matchAll(MARKED)].map(([, name = '', table = '']) => [name, table.trim()]));

/** The text with every marked table replaced. */
export const withTables = (text: string, tables: ReadonlyMap<string, string>): string =>
  text.replace(
    MARKED,
    (_, name: string) => `<!-- table: ${name} -->\n\n${tables.get(name) ?? ''}\n\n<!-- end of table -->`,
  );
