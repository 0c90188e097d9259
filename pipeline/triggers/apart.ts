import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { SYSTEM } from '../../registry-repo/model-process/isolation.ts';
import { STATE } from '../state-folder.ts';
import { type Apart, apartHere } from '../training/command/apart.ts';
import type { Places, Rooted } from '../world.ts';

/** How programs of a commit are kept from keys and credentials; null if this machine has no bubblewrap that works. */
export const commitsApart = (world: Places & Rooted): Promise<Apart | null> =>
  apartHere([...ownSecrets(world), ...secretsOfHome(homedir()), tmpdir()]);

/** The state folder, and keys that are elsewhere: the files too, because any of them may be a link. */
function ownSecrets(world: Places & Rooted): string[] {
  const keys = world.path(world.config.keys.path);
  return [join(world.loaded.root, STATE), keys, ...namesIn(keys).map((name) => join(keys, name))];
}

/** Names with a dot in a home folder that hold a program or a package, and no credential. */
const PROGRAMS = [
  ...['.local/bin', '.local/lib', '.local/share/uv', '.local/pipx', '.local/share/pipx', '.local/share/mise'],
  ...['.pyenv', '.virtualenvs', '.venv', '.conda', '.nvm', '.asdf', '.rustup', '.cargo/bin', '.juliaup', '.julia'],
  ...['.nix-profile', '.cache/pip', '.cache/uv', '.cache/torch', '.cache/huggingface/hub'],
];

/**
 * Credentials of a home folder (`.ssh`, `.aws`, `.netrc`, `.config`, …): everything whose name begins with a dot,
 * except programs. A list of secret names could never be complete.
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

/** A link may lead to where the system's programs are, or to a folder that contains the home folder. */
const neededByAll = (path: string, home: string): boolean =>
  path === sep ||
  `${realpathSync(home)}${sep}`.startsWith(path + sep) ||
  SYSTEM.some((folder) => path === folder || path.startsWith(folder + sep));

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // missing, or unreadable for this user: then also for the program
  }
}
