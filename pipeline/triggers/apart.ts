import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { SYSTEM } from '../../registry-repo/model-process/isolation.ts';
import { STATE } from '../state-folder.ts';
import { type Apart, apartHere } from '../training/command/apart.ts';
import type { Places, Rooted } from '../world.ts';

/** How programs of a commit are kept from keys and credentials; null where this machine has no bubblewrap that works. */
export const commitsApart = (world: Places & Rooted): Promise<Apart | null> =>
  apartHere([...ownSecrets(world), ...secretsOfHome(homedir()), tmpdir()]);

/** The state folder, and keys that are elsewhere: the files too, since any of them may be a link. */
function ownSecrets(world: Places & Rooted): string[] {
  const keys = world.path(world.config.keys.path);
  return [join(world.loaded.root, STATE), keys, ...namesIn(keys).map((name) => join(keys, name))];
}

/** What a home keeps under names with a dot that is a program or a package, and no credential. */
const PROGRAMS = [
  ...['.local/bin', '.local/lib', '.local/share/uv', '.local/pipx', '.local/share/pipx', '.local/share/mise'],
  ...['.pyenv', '.virtualenvs', '.venv', '.conda', '.nvm', '.asdf', '.rustup', '.cargo/bin', '.juliaup', '.julia'],
  ...['.nix-profile', '.cache/pip', '.cache/uv', '.cache/torch', '.cache/huggingface/hub'],
];

/**
 * Credentials of a home (`.ssh`, `.aws`, `.netrc`, `.config`, …): whatever has a name with a dot, but for programs. No list of
 * secret names would be whole.
 */
export function secretsOfHome(home: string): string[] {
  const shown = (path: string) => PROGRAMS.includes(path);
  const partly = (path: string) => PROGRAMS.some((program) => program.startsWith(`${path}/`));
  const within = (folder: string): string[] =>
    namesIn(join(home, folder)).flatMap((name) => {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (folder === '' && !name.startsWith('.')) return [];
      if (shown(path)) return [];
      return partly(path) ? within(path) : [join(home, path)];
    });
  return within('').filter((path) => existsSync(path) && !neededByAll(realpathSync(path), home));
}

/** A link may lead to where the system's programs are, or to a folder that the home is in. */
const neededByAll = (path: string, home: string): boolean =>
  path === sep ||
  `${realpathSync(home)}${sep}`.startsWith(path + sep) ||
  SYSTEM.some((folder) => path === folder || path.startsWith(folder + sep));

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not there, or not ours to read: then neither for the program
  }
}
