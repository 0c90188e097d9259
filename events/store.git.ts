import { setTimeout as sleep } from 'node:timers/promises';
import { type Append, AppendPlan, type Outcome } from './append-plan.ts';
import { ChainVerifier } from './chain.ts';
import type { ReadableEvent } from './decode.ts';
import type { NewEvent, StoredEvent } from './envelope.ts';
import { InvalidAppendError, StoreError } from './errors.ts';
import { LocalCopy } from './local-copy.ts';
import { brokenBranch, checkCommits, type LogBranch, type LogCommit, type Pushed } from './log-branch.ts';
import { decodeSegment, encodeSegment, MAX_SEGMENT_BYTES } from './segments.ts';
import type { Bookmark } from './store.sqlite.ts';
import { type CopyableStore, checkAppend } from './store.ts';

type Options = {
  readonly branch: LogBranch;
  /** The local copy, which serves all reads; it may be deleted. */
  readonly file: string;
  /** How old the copy may be when a read is answered, in milliseconds. */
  readonly freshMs?: number;
  /** How often a subscription looks at the branch for new events, in milliseconds. */
  readonly pollMs?: number;
  /** How often an append is tried while other writers are faster. */
  readonly attempts?: number;
  /** Monotonic time in milliseconds. */
  readonly now?: () => number;
  /** In [0, 1). */
  readonly random?: () => number;
};

type Waiting = Append & {
  readonly resolve: (stored: StoredEvent[]) => void;
  readonly reject: (error: unknown) => void;
};

type Plan = {
  readonly base: Bookmark | null;
  readonly outcomes: readonly Outcome[];
  readonly batches: readonly StoredEvent[][];
};
type Failed = Extract<Pushed, { state: 'failed' }>;

/** The most events in one push. */
const MAX_GROUP = 200;
const MAX_GROUP_BYTES = 64 * 1024 * 1024;
/** How many events one transaction copies. */
const TAKE_OVER = 5000;
/** How often a push is tried whose answer was lost, or that a network error stopped. */
const NETWORK_TRIES = 4;

/**
 * The log on a branch of a git repository, for machines that are thrown away.
 *
 * An append is a commit that adds one file. Its push moves the branch only if the branch still is at the commit on
 * which the append was decided: that is the lock. The append is durable when the push was acknowledged. All reads come
 * from a copy in SQLite, which is updated when it is older than `freshMs`. An append is first decided on the copy
 * without an update, because the push fails if the branch has moved; it is refused only after an update.
 */
export class GitStore implements CopyableStore {
  /** Forges ask for about six pushes a minute at most. */
  readonly batchMs = 10_000;
  readonly #options: Required<Options>;
  readonly #copy: LocalCopy;
  readonly #queue: Waiting[] = [];
  #draining: Promise<void> | null = null;

  /** @throws {StoreError} if the file cannot be opened, or is a log of its own */
  constructor(options: Options) {
    const {
      freshMs = 2000,
      pollMs = 5000,
      attempts = 30,
      now = () => performance.now(),
      random = Math.random,
    } = options;
    this.#options = { ...options, freshMs, pollMs, attempts, now, random };
    this.#copy = new LocalCopy({ file: options.file, freshMs, pollMs, now, news: () => this.#takeOverNews() });
  }

  /** Names branch and repository in messages. */
  get location(): string {
    return this.#options.branch.location;
  }

  async append(stream: string, expected: number, events: readonly NewEvent[]): Promise<StoredEvent[]> {
    checkAppend(stream, expected, events);
    if (sizeOf(events) > MAX_SEGMENT_BYTES)
      throw new InvalidAppendError(
        `an append of more than ${MAX_SEGMENT_BYTES} bytes to ${stream} is more than forges take in one file: split it`,
      );
    return new Promise((resolve, reject) => {
      this.#queue.push({ stream, expected, events, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  async #drain(): Promise<void> {
    await null; // appends of the same turn go into the same push
    while (this.#queue.length > 0) {
      const group = this.#nextGroup();
      try {
        const outcomes = await this.#store(group);
        for (const [i, { resolve, reject }] of group.entries()) {
          const outcome = outcomes[i] as Outcome;
          'stored' in outcome ? resolve(outcome.stored) : reject(outcome.error);
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#draining = null;
  }

  #nextGroup(): Waiting[] {
    let [length, bytes] = [0, 0];
    for (const { events } of this.#queue.slice(0, MAX_GROUP)) {
      bytes += sizeOf(events);
      if (length > 0 && bytes > MAX_GROUP_BYTES) break;
      length++;
    }
    return this.#queue.splice(0, length);
  }

  /** Decides, pushes, and starts again while other writers are faster. */
  async #store(group: readonly Append[]): Promise<readonly Outcome[]> {
    const { attempts, branch, now } = this.#options;
    const asked = now();
    let [failed, why]: [Failed[], string] = [[], ''];
    await this.#copy.catchUp(Number.POSITIVE_INFINITY);
    for (let attempt = 0; ; attempt++) {
      const { base, outcomes, batches } = await this.#decide(group, asked);
      if (batches.length === 0) return outcomes;
      const failure = failed.at(-1);
      if (failure && (!failure.again || failed.length >= NETWORK_TRIES)) throw failure.error;
      if (attempt >= attempts)
        throw new StoreError(
          `${attempts} pushes to ${branch.location} were overtaken by other writers (${why}): try again, with fewer of them at once`,
        );
      const segments = batches.map((batch) => ({ ...encodeSegment(batch), message: messageOf(batch) }));
      const commit = await branch.write(base?.commit ?? null, segments);
      const pushed = await branch.push(base?.commit ?? null, commit);
      if (pushed.state === 'pushed') {
        await this.#copy.adopt(batches.flat(), commit);
        return outcomes;
      }
      if (pushed.state === 'raced') why = pushed.why;
      else failed = [...failed, pushed];
      await this.#pause(pushed.state === 'raced' ? 20 * 2 ** attempt : 1000 * 2 ** failed.length);
      // If a push got no answer, the branch shows whether it arrived: then its events are there.
      await this.#copy.catchUp(0).catch((error) => {
        throw pushed.state === 'failed' && error instanceof StoreError ? pushed.error : error;
      });
    }
  }

  /** An append is refused only by a copy that was compared with the branch after the append began. */
  async #decide(group: readonly Append[], asked: number): Promise<Plan> {
    const plan = this.#plan(group);
    if (this.#copy.hasLookedSince(asked) || !plan.outcomes.some((o) => 'error' in o)) return plan;
    await this.#copy.catchUp(0);
    return this.#plan(group);
  }

  /** Random, so that writers that collided do not collide again. */
  #pause(mostMs: number): Promise<void> {
    return sleep(this.#options.random() * Math.min(mostMs, 3000));
  }

  #plan(group: readonly Append[]): Plan {
    return this.#copy.store.look((view, base) => {
      const plan = new AppendPlan(view);
      return { base, outcomes: group.map((append) => plan.decide(append)), batches: plan.batches };
    });
  }

  async #takeOverNews(): Promise<void> {
    const { branch } = this.#options;
    const known = this.#copy.store.bookmark(); // before the tip: another process may update the copy beyond the tip that is read first
    const tip = await branch.tip();
    if (tip === (known?.commit ?? null)) return;
    if (tip === null) throw brokenBranch(branch.location, known?.commit ?? null, 'the branch is gone');
    await branch.fetch();
    const commits = await branch.commits(known?.commit ?? null, tip);
    checkCommits(branch, known?.commit ?? null, commits);
    await this.#takeOver(known, commits);
  }

  async #takeOver(known: Bookmark | null, commits: readonly LogCommit[]): Promise<void> {
    const { branch } = this.#options;
    const verifier = new ChainVerifier(known?.position ?? 0);
    const blobs = commits.map((c) => c.changes[0]?.blob as string);
    let [index, events, good] = [0, [] as StoredEvent[], known?.commit ?? null];
    for await (const bytes of branch.read(blobs)) {
      const { oid, changes } = commits[index++] as LogCommit;
      try {
        events.push(
          ...this.#verified(verifier, known?.position ?? 0, decodeSegment({ path: changes[0]?.path as string, bytes })),
        );
      } catch (cause) {
        const what = `commit ${oid.slice(0, 12)} adds ${changes[0]?.path}, which does not fit: ${(cause as Error).message}`;
        throw brokenBranch(branch.location, good, what, { cause });
      }
      if (events.length >= TAKE_OVER || index === commits.length) {
        await this.#copy.adopt(events, oid);
        [events, good] = [[], oid];
      }
    }
  }

  /** @throws {Error} naming the first event that does not continue the log */
  #verified(verifier: ChainVerifier, since: number, events: StoredEvent[]): StoredEvent[] {
    for (const event of events) {
      // The head as it was then: another update, or an append, may have extended the copy since.
      const head = verifier.heads.has(event.stream) ? null : this.#copy.store.head(event.stream, since);
      if (head) verifier.heads.set(event.stream, head);
      const [broken] = verifier.check(event);
      if (broken) throw new Error(`event ${broken.position} (${broken.stream}@${broken.revision}) ${broken.message}`);
    }
    return events;
  }

  readStream(stream: string, options?: { from?: number; limit?: number }): Promise<StoredEvent[]> {
    return this.#copy.readStream(stream, options);
  }

  readAll(options?: { after?: number; limit?: number }): Promise<StoredEvent[]> {
    return this.#copy.readAll(options);
  }

  scanAll(options?: { after?: number; limit?: number }): Promise<ReadableEvent[]> {
    return this.#copy.scanAll(options);
  }

  position(): Promise<number> {
    return this.#copy.position();
  }

  find(id: string): Promise<StoredEvent | null> {
    return this.#copy.find(id);
  }

  subscribe(options: { after: number; signal: AbortSignal }): AsyncIterable<StoredEvent[]> {
    return this.#copy.subscribe(options);
  }

  copyTo(file: string): Promise<void> {
    return this.#copy.copyTo(file);
  }

  async close(): Promise<void> {
    await this.#draining;
    await this.#copy.settled();
    await this.#options.branch.close();
    await this.#copy.close();
  }
}

const sizeOf = (events: readonly NewEvent[]): number =>
  events.reduce((sum, { data, meta }) => sum + data.length + meta.length + 600, 0);

/** For people and `git log`; the program does not read it. */
function messageOf(batch: readonly StoredEvent[]): string {
  const [first, last] = [batch[0], batch.at(-1)] as [StoredEvent, StoredEvent];
  const trailers = {
    'Pawl-Positions': `${first.position}..${last.position}`,
    'Pawl-Head': last.hash,
  };
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}`);
  return `append ${first.stream} ${first.revision}..${last.revision}\n\n${lines.join('\n')}\n`;
}
