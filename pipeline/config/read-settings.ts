import { closeSync, openSync, readSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

/** The longest settings file; a device, or a link to one, never ends. */
export const MAX_SETTINGS_BYTES = 1_000_000;

/** Reads the text of a settings file. @throws {ConfigError} if it cannot be read, or is too long */
export function readSettings(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      return upTo(file, path);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError([{ path: '', origin: path, message: `cannot be read: ${(cause as Error).message}` }], {
      cause,
    });
  }
}

function upTo(file: number, path: string): string {
  const bytes = Buffer.alloc(MAX_SETTINGS_BYTES + 1);
  let size = 0;
  for (let read = -1; read !== 0 && size < bytes.length; size += read)
    read = readSync(file, bytes, size, bytes.length - size, null);
  if (size <= MAX_SETTINGS_BYTES) return bytes.toString('utf8', 0, size);
  throw new ConfigError([
    { path: '', origin: path, message: `has more than ${MAX_SETTINGS_BYTES} bytes: no settings have` },
  ]);
}
