import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

// Stands in for npm where documents are tested: installing and testing from inside a test would never end, and
// everything is installed and built by then. It checks what npm would look up, and does what the script itself does.

type Package = {
  scripts: Record<string, string>;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const read = <T>(file: string): T => JSON.parse(readFileSync(join(root, file), 'utf8')) as T;

/** Run for what they do; of the other scripts it only counts that they are there. */
const RUN = ['start', 'demo'];

function check(holds: boolean, otherwise: string): void {
  if (holds) return;
  process.stderr.write(`${otherwise}\n`);
  process.exit(1);
}

/** `npm ci` refuses a lock file that is not of this package.json. */
function ci({ dependencies, devDependencies }: Package): void {
  const locked = read<{ packages: Record<string, Partial<Package>> }>('package-lock.json').packages[''];
  const told = JSON.stringify([dependencies, devDependencies]);
  check(told === JSON.stringify([locked?.dependencies, locked?.devDependencies]), 'package-lock.json is out of date');
}

function script({ scripts }: Package, name: string): void {
  const line = scripts[name];
  check(line !== undefined, `package.json has no script ${name}`);
  if (!RUN.includes(name)) return;
  const [, program = '', words = ''] = /^npm run --silent build && node (\S+) (.*)$/.exec(line ?? '') ?? [];
  check(program !== '', `the script ${name} is not of the form that this stand-in knows: ${line}`);
  const child = spawn(process.execPath, [join(root, program), ...words.split(' ')], { stdio: 'inherit' });
  process.on('SIGINT', () => {}); // Ctrl-C reaches both; the child decides
  child.on('close', (code) => process.exit(code ?? 1));
}

const [verb = '', name = ''] = process.argv.slice(2);
const manifest = read<Package>('package.json');
if (verb === 'ci') ci(manifest);
else if (verb === 'link')
  check(readFileSync(join(root, manifest.bin.pawl ?? '')).length > 0, 'there is no pawl to link');
else if (verb === 'run') script(manifest, name);
else if (verb === 'start' || verb === 'test') script(manifest, verb);
else check(false, `this stand-in knows no npm ${verb}`);
