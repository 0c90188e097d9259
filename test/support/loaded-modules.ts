import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from './paths.ts';

export type Loaded = {
  /** Modules of our own, as paths in `dist`. */
  readonly own: readonly string[];
  /** Packages by name. */
  readonly packages: ReadonlySet<string>;
};

/** Node's hook for what a module is; it writes down each that is loaded. */
const HOOK = `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(process.env.LOADED_MODULES, url + '\\n');
  return next(url, context);
}`;

/** Which modules a command line loads in a process of its own. @param folder where it runs; the list is written there */
export function loadedBy(folder: string, args: readonly string[]): Loaded {
  const list = join(folder, 'loaded.txt');
  const hook = `data:text/javascript,${encodeURIComponent(HOOK)}`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(hook)});`;
  const argv = ['--import', `data:text/javascript,${encodeURIComponent(register)}`, join(root, 'dist/pipeline/cli.js')];
  const env = { ...process.env, LOADED_MODULES: list };
  const { status, stderr } = spawnSync(process.execPath, [...argv, ...args], { cwd: folder, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`pawl ${args.join(' ')} ended with ${status}: ${stderr}`);
  const urls = readFileSync(list, 'utf8').trim().split('\n');
  const files = urls.filter((url) => url.startsWith(pathToFileURL(root).href)).map((url) => fileURLToPath(url));
  const packages = new Set<string>();
  const own: string[] = [];
  for (const file of files) {
    const name = /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(file)?.[1];
    if (name === undefined) own.push(relative(join(root, 'dist'), file));
    else packages.add(name.replaceAll('\\', '/'));
  }
  return { own, packages };
}
