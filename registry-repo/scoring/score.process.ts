import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { errored, type Finding } from '../judge/finding.ts';
import { type Later, later } from '../later.ts';
import { type Bounds, Confined, type Ended, lastLines } from '../model-process/confined.ts';
import { diedOfMemory, gotNoMemory, MEMORY_REMEDY } from '../out-of-memory.ts';
import { ChildAnswer } from './child-answer.ts';
import { LATENCY, type Score, type ScoreOutcome, type ScoreTask } from './score.ts';

const CHILD = new URL('./score.child.js', import.meta.url);

/**
 * Scores in a process of its own, which can be killed: a running graph blocks its whole process, and a hostile one can
 * crash it. The process gets nothing of Pawl's: an empty folder to be in, an empty environment, no input.
 *
 * @param entry the program that scores
 * @param bounds how the process is isolated and its memory watched; where that cannot be done, the outcome says so.
 *   `stop` ends it at once
 * @param wait counts the time it may take
 */
export const scoreInProcess =
  (
    entry: URL = CHILD,
    { stop, ...bounds }: Omit<Bounds, 'megabytes'> & { readonly stop?: AbortSignal } = {},
    wait: Later = later,
  ): Score =>
  async (task) => {
    try {
      const cwd = join(task.folder, 'empty');
      await mkdir(cwd, { recursive: true });
      const args = [task.folder, String(task.seconds), ...(task.latency ? [LATENCY] : [])];
      const program = { entry, args, cwd, files: [task.folder], stdin: 'ignore' } as const;
      const process = await Confined.start(program, { ...bounds, megabytes: task.megabytes });
      const outcome = await new Running(process, task, wait, stop).outcome;
      return outcome.kind === 'scored' && !process.bounded
        ? { ...outcome, versions: { ...outcome.versions, memory: 'unbounded' } }
        : outcome;
    } catch (cause) {
      return crashed('score-not-started', `the scoring could not be started: ${(cause as Error).message}`);
    }
  };

const crashed = (code: string, message: string): ScoreOutcome => ({ kind: 'failed', finding: errored(code, message) });

/** A thousand labels make a million counts, twice. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** What it was killed for. */
const FINDINGS: Readonly<Record<string, (message: string) => Finding>> = {
  stopped: (message) => errored('score-stopped', message),
  memory: (message) => errored('score-memory', `the scoring ${message}`),
  timeout: (message) => errored('score-timeout', message),
  garbage: (message) => errored('score-garbage', message),
};

/** One process at work, until it ends. */
class Running {
  readonly outcome: Promise<ScoreOutcome>;
  readonly #process: Confined;
  readonly #answer: Buffer[] = [];
  #answerBytes = 0;

  constructor(process: Confined, task: ScoreTask, wait: Later, stop: AbortSignal | undefined) {
    this.#process = process;
    const told = () => process.stop({ code: 'stopped', message: 'the scoring was stopped: this gate was told to end' });
    if (stop?.aborted) told();
    stop?.addEventListener('abort', told);
    const late = () => process.stop({ code: 'timeout', message: `the scoring took more than ${task.seconds} s` });
    const cancel = wait(task.seconds * 1000, late);
    this.#listen();
    this.outcome = process.ended.then((ended) => {
      cancel();
      stop?.removeEventListener('abort', told);
      return this.#ended(ended);
    });
  }

  #listen(): void {
    const answer = this.#process.child.stdio[3] as Readable;
    answer.on('data', (chunk: Buffer) => {
      this.#answerBytes += chunk.length;
      if (this.#answerBytes > MAX_ANSWER_BYTES)
        this.#process.stop({ code: 'garbage', message: 'the scoring says far more than it should' });
      else this.#answer.push(chunk);
    });
    answer.on('error', () => {}); // the process's end gives the reason
  }

  #ended(ended: Ended): ScoreOutcome {
    const { code, signal, stopped, failed, lastWords } = ended;
    if (failed) return crashed('score-not-started', `the scoring did not start: ${failed.message}`);
    const finding = stopped && FINDINGS[stopped.code]?.(stopped.message);
    if (finding) return { kind: 'failed', finding };
    // This program did not kill it, and a model cannot. Linux kills this process first when the machine is out of
    // memory.
    if (signal === 'SIGKILL')
      return crashed('score-killed', 'the scoring was killed from outside: the machine may be out of memory');
    if (code !== 0) {
      const short = diedOfMemory(lastWords);
      if (short === 'heap')
        return crashed('score-memory', 'the scoring ran out of its JavaScript heap: policy.scoreMegabytes');
      if (short) return crashed('score-killed', `the machine gave the scoring no memory: ${MEMORY_REMEDY[short]}`);
      if (gotNoMemory(lastWords))
        return crashed('score-memory', 'the scoring was refused the memory it asked for: policy.scoreMegabytes');
      const words = lastLines(ended);
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
