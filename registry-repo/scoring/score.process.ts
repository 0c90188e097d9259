import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { errored, type Finding } from '../judge/finding.ts';
import { type Later, later } from '../later.ts';
import { diedOfMemory, MEMORY_REMEDY } from '../out-of-memory.ts';
import { PRETENDED } from '../runtime/processor.ts';
import { ChildAnswer } from './child-answer.ts';
import { canBound, type MemoryLook, memoryLook } from './resident.ts';
import { LATENCY, type Score, type ScoreOutcome, type ScoreTask } from './score.ts';

const CHILD = new URL('./score.child.js', import.meta.url);

/**
 * Scores in a process of its own, which can be killed: a graph that runs blocks its whole process, and one that was made
 * to can crash it. The process gets nothing of ours: an empty folder to be in, an empty environment, no input.
 *
 * @param entry the program that scores
 * @param memory how its memory is watched; where that cannot be done, the outcome says so
 * @param wait counts the time it may take
 */
export const scoreInProcess =
  (entry: URL = CHILD, memory: MemoryLook = memoryLook(), wait: Later = later): Score =>
  async (task) => {
    try {
      const cwd = join(task.folder, 'empty');
      await mkdir(cwd, { recursive: true });
      const bounded = await canBound(memory);
      const outcome = await new Running(start(entry, task, cwd), task, memory, wait).outcome;
      return outcome.kind === 'scored' && !bounded
        ? { ...outcome, versions: { ...outcome.versions, memory: 'unbounded' } }
        : outcome;
    } catch (cause) {
      return crashed('score-not-started', `the scoring could not be started: ${(cause as Error).message}`);
    }
  };

const start = (entry: URL, task: ScoreTask, cwd: string): ChildProcess =>
  spawn(
    process.execPath,
    [
      `--max-old-space-size=${task.megabytes}`,
      ...[fileURLToPath(entry), task.folder, String(task.seconds)],
      ...(task.latency ? [LATENCY] : []),
    ],
    { cwd, env: systemOnly(), stdio: ['ignore', 'ignore', 'pipe', 'pipe'], windowsHide: true },
  );

/** What the system itself needs to start a program, the processor to pretend if any, and nothing else. */
const systemOnly = (
  { SystemRoot, TEMP, [PRETENDED]: pretended }: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv => ({
  ...(process.platform === 'win32' && { SystemRoot, TEMP }),
  ...(pretended !== undefined && { [PRETENDED]: pretended }),
});

const crashed = (code: string, message: string): ScoreOutcome => ({ kind: 'failed', finding: errored(code, message) });

/** A thousand labels make a million counts, twice. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** One child at work, watched until it ends. */
class Running {
  readonly outcome: Promise<ScoreOutcome>;
  readonly #child: ChildProcess;
  readonly #answer: Buffer[] = [];
  #answerBytes = 0;
  #lastWords = '';
  /** Why it was killed. */
  #stopped: Finding | null = null;

  constructor(child: ChildProcess, task: ScoreTask, look: MemoryLook, wait: Later) {
    this.#child = child;
    const late = () => this.#stop('score-timeout', `the scoring took more than ${task.seconds} s`);
    const cancel = wait(task.seconds * 1000, late);
    const memory = setInterval(() => void this.#lookAtMemory(look, task.megabytes), look.everyMs);
    this.#listen();
    if (child.pid !== undefined) void firstToDie(child.pid);
    this.outcome = new Promise((resolve) => {
      const end = (outcome: ScoreOutcome) => {
        cancel();
        clearInterval(memory);
        resolve(outcome);
      };
      child.on('error', (cause) => end(crashed('score-not-started', `the scoring did not start: ${cause.message}`)));
      child.on('close', (code, signal) => end(this.#ended(code, signal)));
    });
  }

  #listen(): void {
    const answer = this.#child.stdio[3] as Readable;
    answer.on('data', (chunk: Buffer) => {
      this.#answerBytes += chunk.length;
      if (this.#answerBytes > MAX_ANSWER_BYTES) this.#stop('score-garbage', 'the scoring says far more than it should');
      else this.#answer.push(chunk);
    });
    answer.on('error', () => {}); // the child's end says the rest
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString('utf8')).slice(-2000);
    });
  }

  async #lookAtMemory({ of }: MemoryLook, limit: number): Promise<void> {
    const used = this.#child.pid === undefined ? null : await of(this.#child.pid);
    if (used !== null && used > limit)
      this.#stop('score-memory', `the scoring took ${Math.ceil(used)} MB of memory, ${limit} MB at most`);
  }

  #stop(code: string, message: string): void {
    this.#stopped ??= errored(code, message);
    this.#child.kill('SIGKILL');
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): ScoreOutcome {
    if (this.#stopped) return { kind: 'failed', finding: this.#stopped };
    // Nobody here did it, and a model cannot: Linux takes this process first when the machine is out of memory.
    if (signal === 'SIGKILL')
      return crashed('score-killed', 'the scoring was killed from outside: the machine may be out of memory');
    if (code !== 0) {
      const short = diedOfMemory(this.#lastWords);
      if (short === 'heap')
        return crashed('score-memory', 'the scoring ran out of its JavaScript heap: policy.scoreMegabytes');
      if (short) return crashed('score-killed', `the machine gave the scoring no memory: ${MEMORY_REMEDY[short]}`);
      const words = this.#lastWords.trim().split('\n').slice(-3).join(' ').slice(0, 500);
      return crashed('score-crashed', `the scoring ended by ${signal ?? `exit code ${code}`}${words && `: ${words}`}`);
    }
    return readAnswer(Buffer.concat(this.#answer));
  }
}

function readAnswer(bytes: Buffer): ScoreOutcome {
  try {
    const answer = ChildAnswer.parse(JSON.parse(bytes.toString('utf8')));
    return answer.kind === 'failed' ? crashed('score-engine', answer.message) : answer;
  } catch (cause) {
    const why = (cause as Error).message.slice(0, 300);
    return crashed('score-garbage', `the scoring ended with ${bytes.length} bytes that are no answer: ${why}`);
  }
}

/** If the machine itself runs out of memory, Linux shall take this process and no other. */
const firstToDie = (pid: number): Promise<void> =>
  process.platform === 'linux' ? writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch(() => {}) : Promise.resolve();
