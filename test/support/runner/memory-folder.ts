import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Linux calls a file system in memory (`statfs`). */
const TMPFS = 0x01021994;

/** Bytes that must be free: of the file system, and of memory beside what the tests take themselves. */
export type Room = { readonly files: number; readonly memory: number };
const ROOM: Room = { files: 4 * 2 ** 30, memory: 8 * 2 ** 30 };

/**
 * A new folder in memory for the temporary files of a run, or null where there is none that will do. Tests make hundreds of
 * registries and logs, and each commit and event is written through to the disk: on a disk, a run mostly waits for that.
 *
 * @param place a file system in memory, if there is one
 */
export function memoryFolder(place = '/dev/shm', room = ROOM, available = process.availableMemory()): string | null {
  if (process.platform !== 'linux' || available < room.memory) return null;
  try {
    const { type, bavail, bsize } = statfsSync(place);
    if (type !== TMPFS || bavail * bsize < room.files) return null;
    const folder = mkdtempSync(join(place, 'pawl-tests-'));
    if (runsPrograms(folder)) return folder;
    rmSync(folder, { recursive: true });
  } catch {
    // not there, or not for this user
  }
  return null;
}

/** Tests write programs and run them, which containers often forbid there. */
function runsPrograms(folder: string): boolean {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 0;
}
