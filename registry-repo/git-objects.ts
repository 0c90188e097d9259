import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { ObjectId } from './values.ts';

export type ObjectInfo = { readonly oid: ObjectId; readonly type: string; readonly sizeBytes: number };

type Pending = {
  readonly command: 'info' | 'contents';
  readonly resolve: (answer: { info: ObjectInfo; bytes: Buffer } | null) => void;
  readonly reject: (error: Error) => void;
};

type Options = {
  /** Starts `git cat-file --batch-command`. */
  readonly start: () => ChildProcess;
  readonly fail: (exitCode: number | null, why: string) => Error;
};

/** How long the process waits for the next question before it ends. */
const IDLE_MS = 1000;
const ANSWER_MS = 120_000;

/**
 * Objects by id, asked one after the other of one git process: fifty times as fast as a process for each. It starts with
 * the first question, keeps no program from ending, and ends itself when nobody asks.
 */
export class GitObjects {
  readonly #options: Options;
  readonly #pending: Pending[] = [];
  #child: ChildProcess | null = null;
  #chunks: Buffer[] = [];
  #size = 0;
  /** The object whose bytes are on their way. */
  #coming: ObjectInfo | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Type and size of an object, or null if there is none. */
  async info(oid: ObjectId): Promise<ObjectInfo | null> {
    return (await this.#ask('info', oid))?.info ?? null;
  }

  /** An object's bytes, or null if there is none. Ask for its size before. */
  async bytes(oid: ObjectId): Promise<Buffer | null> {
    return (await this.#ask('contents', oid))?.bytes ?? null;
  }

  #ask(command: Pending['command'], oid: ObjectId): Promise<{ info: ObjectInfo; bytes: Buffer } | null> {
    // Whole ids only: a name could be moved, and a line feed in one would be a question of its own.
    if (!ObjectId.safeParse(oid).success) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const child = this.#child ?? this.#open();
      this.#pending.push({ command, resolve, reject });
      this.#hold(child, true);
      child.stdin?.write(`${command} ${oid}\n`);
    });
  }

  #open(): ChildProcess {
    const child = this.#options.start();
    let stderr = '';
    const ended = (code: number | null, why: string) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#forget();
      for (const { reject } of this.#pending.splice(0)) reject(this.#options.fail(code, why));
    };
    child.stdout?.on('data', (chunk: Buffer) => {
      if (this.#child === child) this.#read(child, chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-2000);
    });
    child.stdin?.on('error', () => {}); // its end says the rest
    child.on('error', (cause) => ended(null, `git cannot be started (${cause.message})`));
    child.on('close', (code) => ended(code, stderr || 'it ended before it had answered'));
    this.#child = child;
    return child;
  }

  #read(child: ChildProcess, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    try {
      while (this.#step());
    } catch (cause) {
      child.kill('SIGKILL');
      for (const { reject } of this.#pending.splice(0)) reject(cause as Error);
    }
    if (this.#pending.length === 0) this.#hold(child, false);
    else this.#timer?.refresh();
  }

  /** Takes one answer, or the head of one, from what has come. @returns whether there was one */
  #step(): boolean {
    const asked = this.#pending[0];
    if (!asked) return false;
    if (this.#coming) {
      const { sizeBytes } = this.#coming;
      if (this.#size <= sizeBytes) return false;
      const bytes = this.#take(sizeBytes + 1).subarray(0, sizeBytes);
      this.#answer({ info: this.#coming, bytes });
      return true;
    }
    const all = this.#take(this.#size);
    const end = all.indexOf('\n');
    this.#chunks = [end < 0 ? all : all.subarray(end + 1)];
    this.#size = this.#chunks[0]?.length ?? 0;
    if (end < 0) return false;
    const [oid = '', type = '', size = ''] = all.toString('utf8', 0, end).split(' ');
    if (type === 'missing') {
      this.#answer(null);
      return true;
    }
    if (!/^\d+$/.test(size))
      throw this.#options.fail(null, `it answered "${all.toString('utf8', 0, Math.min(end, 100))}"`);
    const info = { oid, type, sizeBytes: Number(size) };
    if (asked.command === 'info') this.#answer({ info, bytes: Buffer.alloc(0) });
    else this.#coming = info;
    return true;
  }

  #answer(answer: { info: ObjectInfo; bytes: Buffer } | null): void {
    this.#coming = null;
    this.#pending.shift()?.resolve(answer);
  }

  #take(size: number): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = [all.subarray(size)];
    this.#size = all.length - size;
    return all.subarray(0, size);
  }

  #forget(): void {
    if (this.#timer) clearTimeout(this.#timer);
    [this.#timer, this.#coming, this.#chunks, this.#size] = [null, null, [], 0];
  }

  /** While a question is open the process counts as work, and must answer in time; afterwards it may go. */
  #hold(child: ChildProcess, busy: boolean): void {
    for (const handle of [
      child,
      child.stdin as Socket | null,
      child.stdout as Socket | null,
      child.stderr as Socket | null,
    ])
      if (busy) handle?.ref();
      else handle?.unref();
    if (this.#timer) clearTimeout(this.#timer);
    const idle = () => {
      this.#child = null;
      this.#forget();
      child.stdin?.end();
    };
    this.#timer = busy ? setTimeout(() => child.kill('SIGKILL'), ANSWER_MS) : setTimeout(idle, IDLE_MS).unref();
  }
}
