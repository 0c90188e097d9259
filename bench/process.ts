import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Progress } from '../pipeline/progress.ts';

/** `peakBytes` is the kernel's own record of the most resident memory; null if there is no /proc. */
export type Finished = { readonly stdout: string; readonly seconds: number; readonly peakBytes: number | null };

const POLL_MS = 20;

/** A child's progress, as it reports it on its channel. */
const Told = z.tuple([z.string(), z.number(), z.number()]);
const TELL_MS = 100;

/** `progress` is for Pawl's own programs, which report it. */
type How = { readonly cwd?: string; readonly progress?: Progress | undefined };

/**
 * Runs a program to its end: wall time from before its start, and peak memory of the whole process.
 *
 * @throws {Error} if it cannot be started (`code` is ENOENT where it is not installed) or fails
 */
export function measured(command: string, args: readonly string[], { cwd, progress }: How = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const channel = progress ? (['ipc'] as const) : [];
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe', ...channel], ...(cwd && { cwd }) });
    child.on('message', (message) => progress?.update(...Told.parse(message)));
    let [stdout, stderr, seconds] = ['', '', 0];
    let peakBytes: number | null = null;
    // The record only grows, so the last reading misses at most the growth of the last 20 ms.
    const poll = setInterval(() => {
      peakBytes = highWater(child.pid) ?? peakBytes;
    }, POLL_MS);
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr = (stderr + chunk).slice(-4000)));
    child.on('exit', () => {
      seconds = (performance.now() - started) / 1000;
      clearInterval(poll);
    });
    child.on('error', (error) => {
      clearInterval(poll);
      reject(error);
    });
    child.on('close', (code, signal) => {
      progress?.finish();
      if (code === 0) resolve({ stdout, seconds, peakBytes });
      else reject(new Error(`${command} ${args[0] ?? ''} failed (${signal ?? code}): ${stderr.trim()}`));
    });
  });
}

function highWater(pid: number | undefined): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/**
 * Runs one of Pawl's `*.child.ts`, which reads a JSON argument and prints a JSON answer. Every bench has a process of
 * its own, so that none inherits the heap, the compiled code or the garbage of another.
 */
export async function inChild<Answer>(
  file: string,
  task: string,
  input: unknown,
  progress?: Progress,
): Promise<{ answer: Answer } & Omit<Finished, 'stdout'>> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const { stdout, ...rest } = await measured(process.execPath, [script, task, JSON.stringify(input)], { progress });
  return { answer: JSON.parse(stdout) as Answer, ...rest };
}

/** The child's side of `inChild`. */
export async function answer(tasks: Readonly<Record<string, (input: never) => Promise<unknown>>>): Promise<void> {
  const [task = '', input = 'null'] = process.argv.slice(2);
  const work = tasks[task];
  if (!work) throw new Error(`no task ${task}`);
  process.stdout.write(JSON.stringify(await work(JSON.parse(input) as never)));
}

let toldAt = -Infinity;

/** In a child: reports progress to the waiting parent. Ends of stages always arrive, other reports may be left out. */
export function tell(stage: string, done: number, of: number): void {
  const now = performance.now();
  if (done < of && now - toldAt < TELL_MS) return;
  toldAt = now;
  process.send?.([stage, done, of]);
}
