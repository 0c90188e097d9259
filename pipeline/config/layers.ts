import { closest, distance } from 'fastest-levenshtein';
import { Lexer, LineCounter, parseDocument } from 'yaml';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { fromText, type Setting } from './settings.ts';

/** Values from one source. Later layers win over earlier ones, setting by setting. */
export type Layer = {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where a value was written, for people: a file and line, a variable, a flag. */
  readonly origin: (path: readonly string[]) => string;
  readonly problems: readonly ConfigProblem[];
};

/**
 * Variables that are not settings: those of the test suite, and secrets. No file holds secrets and nothing prints them.
 */
const NOT_SETTINGS = /^PAWL_(?:TEST_|SECRET_|CONFIG$)/;

/** The deepest nesting of settings. The parser is recursive, and would end the process far beyond this. */
const DEEPEST = 100;

function isTooDeep(text: string): boolean {
  if (COMPACT.test(text)) return true;
  let depth = 0;
  for (const bracket of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (bracket[0] === '[' || bracket[0] === '{' ? 1 : -1));
    if (depth > DEEPEST) return true;
  }
  return false;
}
/** Lists within lists on one line: `- - - x`. */
const COMPACT = new RegExp(`^[ \\t]*(?:[-?:][ \\t]+){${DEEPEST}}`, 'm');

/** More tokens than any settings have. The parser's work is quadratic in keys, and in the faults of a file. */
const MOST_TOKENS = 20_000;

function isTooMuch(text: string): boolean {
  const tokens = new Lexer().lex(text);
  for (let count = 0; count <= MOST_TOKENS; count++) if (tokens.next().done) return false;
  return true;
}

/** Why a text is not parsed, or null. Work is linear in the text. */
function refusal(text: string): string | null {
  if (isTooDeep(text)) return `nested deeper than ${DEEPEST} levels: no settings are`;
  return isTooMuch(text) ? `has more than ${MOST_TOKENS} names, values, signs and line ends: no settings have` : null;
}

/** @param name of the file in messages */
export function yamlLayer(text: string, name: string): Layer {
  const message = refusal(text);
  if (message !== null) return { values: {}, origin: () => name, problems: [{ path: '', origin: name, message }] };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    ...{ lineCounter: lines, uniqueKeys: true, schema: 'core', strict: true },
    logLevel: 'error', // a key that is a list or map is refused as an unknown setting, without a warning of the process
  });
  const problem = (message: string, offset: number): ConfigProblem => ({
    path: '',
    origin: `${name}:${lines.linePos(offset).line}`,
    message,
  });
  const problems = document.errors.map((e) =>
    problem(e.message.split('\n')[0]?.replace(/ at line.*$/, '') ?? '', e.pos[0]),
  );
  const values = problems.length === 0 ? toValues(document) : {};
  if (values === undefined)
    problems.push(problem('the file must hold settings as `name: value` lines, without aliases', 0));
  const origin = (path: readonly string[]) => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true) as { range?: [number] } | undefined;
      if (node?.range) return `${name}:${lines.linePos(node.range[0]).line}`;
    }
    return name;
  };
  return { values: values ?? {}, origin, problems };
}

function toValues(document: ReturnType<typeof parseDocument>): Record<string, unknown> | undefined {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 0 }) ?? {};
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // aliases: a few bytes of them can expand to gigabytes
  }
}

/** Every `PAWL_…` variable must be a setting: otherwise a misspelt one would be ignored without a message. */
export function envLayer(env: Readonly<Record<string, string | undefined>>, settings: readonly Setting[]): Layer {
  const known = new Map(settings.map((s) => [s.env, s]));
  const values = {};
  const problems: ConfigProblem[] = [];
  for (const [name, text] of Object.entries(env).sort()) {
    if (!name.startsWith('PAWL_') || NOT_SETTINGS.test(name) || text === undefined) continue;
    const setting = known.get(name);
    if (setting) setIn(values, setting.path, fromText(text, setting));
    else
      problems.push({
        path: '',
        origin: name,
        message: `no setting has this variable${suggestion(name, [...known.keys()])}`,
      });
  }
  return { values, problems, origin: (path) => settings.find((s) => samePath(s.path, path))?.env ?? 'environment' };
}

/** @param flags setting path (`server.port`) to text, with the flag that set it */
export function flagLayer(
  flags: readonly { path: string; text: string; flag: string }[],
  settings: readonly Setting[],
): Layer {
  const known = new Map(settings.map((s) => [s.path.join('.'), s]));
  const values = {};
  const problems: ConfigProblem[] = [];
  for (const { path, text, flag } of flags) {
    const setting = known.get(path);
    if (setting) setIn(values, setting.path, fromText(text, setting));
    else problems.push({ path, origin: flag, message: `no such setting${suggestion(path, [...known.keys()])}` });
  }
  return { values, problems, origin: (path) => flags.findLast((f) => f.path === path.join('.'))?.flag ?? 'flags' };
}

/** @throws {ConfigError} for problems of the layers themselves */
export function mergeLayers(layers: readonly Layer[]): {
  values: Record<string, unknown>;
  origin: (path: readonly string[]) => string;
} {
  const problems = layers.flatMap((l) => l.problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const values: Record<string, unknown> = {};
  for (const layer of layers) mergeInto(values, layer.values);
  const setBy = (path: readonly string[]) => layers.findLast((l) => getIn(l.values, path) !== undefined);
  return { values, origin: (path) => setBy(path)?.origin(path) ?? 'default' };
}

export function suggestion(name: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return '';
  const near = closest(name, candidates);
  return distance(name, near) <= Math.max(2, name.length / 3) ? `: did you mean ${near}?` : '';
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function mergeInto(target: Record<string, unknown>, source: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(source)) {
    const there = Object.hasOwn(target, key) ? target[key] : undefined;
    if (isObject(value)) {
      const inner = isObject(there) ? there : {};
      define(target, key, inner);
      mergeInto(inner, value);
    } else define(target, key, value);
  }
}

/** Own properties only: a key named `__proto__` must stay a key, so that the schema refuses it. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function setIn(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length > 0 && !isObject(target[key])) define(target, key, {});
  if (rest.length > 0) setIn(target[key] as Record<string, unknown>, rest, value);
  else define(target, key, value);
}

export function getIn(source: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), source);
}

const samePath = (a: readonly string[], b: readonly string[]) => a.join('.') === b.join('.');
