import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder, on this system, in which a user's programs keep what can be made again; Pawl's part of it. */
export function userCache(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'pawl');
  if (platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'pawl', 'cache');
  return platform === 'darwin' ? join(homedir(), 'Library/Caches/pawl') : join(homedir(), '.cache/pawl');
}
