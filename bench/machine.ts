import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import * as z from 'zod';
import { packageRoot, version } from '../pipeline/package-info.ts';
import { describeProcessor } from '../registry-repo/runtime/processor.ts';
import { thisProcessor } from '../registry-repo/runtime/this-processor.ts';

/** The machine and program of the figures: without them the figures mean nothing. */
export const Machine = z.strictObject({
  cpu: z.string(),
  /** Architecture, and the features that products of bytes depend on. */
  processor: z.string(),
  /** Processors that this process may use. */
  cores: z.int().positive(),
  memoryBytes: z.int().positive(),
  os: z.string(),
  node: z.string(),
  pawl: z.string(),
  /** Null outside a git checkout. `+changes` if the working tree differs from it. */
  commit: z.string().nullable(),
  /** File system of the folder that the benches write to: an fsync costs what the disk costs, and nothing in memory. */
  filesystem: z.string(),
});
export type Machine = Readonly<z.infer<typeof Machine>>;

/** Describes this machine. @param folder that the benches write to */
export const machine = (folder: string): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  processor: describeProcessor(thisProcessor()),
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  os: `${type()} ${release()} ${process.arch}`,
  node: process.versions.node,
  pawl: version,
  commit: commitOf(packageRoot),
  filesystem: filesystem(folder),
});

export function describeMachine({ cpu, processor, cores, memoryBytes, os, node, commit, filesystem }: Machine): string {
  const memory = `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`;
  const code = commit ? `, commit ${commit.replace(/^(.{12})[0-9a-f]*/, '$1')}` : '';
  const disk =
    filesystem === 'tmpfs'
      ? '\nThe folder is in memory, where a sync to the disk does nothing: give --folder on a disk.'
      : '';
  return `${cpu}, ${processor}, ${cores} cores, ${memory}, ${os}, Node ${node}, ${filesystem}${code}${disk}`;
}

/** The commit of a checkout, as `Machine` has it. */
export function commitOf(checkout: string): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: checkout, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+changes');
  } catch {
    return null; // an installed package, or no git
  }
}

/** Magic numbers of statfs(2). */
const FILESYSTEMS: Readonly<Record<number, string>> = {
  61267: 'ext4', // 0xef53
  16914836: 'tmpfs', // 0x01021994
  1481003842: 'xfs', // 0x58465342
  2435016766: 'btrfs', // 0x9123683e
  2035054128: 'overlayfs', // 0x794c7630
};

function filesystem(folder: string): string {
  const { type: magic } = statfsSync(folder);
  return process.platform === 'linux'
    ? (FILESYSTEMS[magic] ?? `filesystem 0x${magic.toString(16)}`)
    : 'unknown filesystem';
}
