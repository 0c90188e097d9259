import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { PawlError } from '../../events/errors.ts';
import type { Run } from '../../projections/runs.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import { temporaryFolder } from '../../registry-repo/temporary.ts';
import { withLock } from '../lock.ts';
import { CommitRefusedError, type ExportLimits, type LeftOut } from '../source/export-commit.ts';
import type { TrainingRepository } from '../source/repository.git.ts';
import type { Minting, Places, Recording, Viewing } from '../world.ts';
import { handledOf } from './handled.ts';
import { planRuns } from './plan.ts';
import { type Pushed, recordFailed, recordSuperseded } from './record.ts';

export type WatchOptions = {
  readonly repository: TrainingRepository;
  readonly branch: string;
  readonly paths: readonly string[];
  /** Limits of a commit. */
  readonly limits: ExportLimits;
  readonly everyMs: number;
  /** Handle what is there now, and end. */
  readonly once: boolean;
};

/** The plain files of a commit, in a folder of their own. */
export type Exported = { readonly folder: string; readonly leftOut: LeftOut };

export type WatchActions = {
  /** One whole run on the files of a commit. The run itself records its failure. */
  readonly run: (commit: string, exported: Exported, trigger: Pushed) => Promise<void>;
  /** What follows a completed run, if that has not happened yet: the process may have died in between. */
  readonly follow: (run: Run) => Promise<void>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

/** The ports that watching reads and records through. */
export type WatchWorld = Places & Minting & Recording & Viewing;

/**
 * Starts a run for each new commit of a branch that touches the watched paths: one at a time, on this machine and among
 * processes. The newest commit is trained on; those overtaken are recorded as superseded. The log tells what was
 * handled, so watching may be stopped, killed and started at any time: a run that was cut off is begun again.
 *
 * @returns whether all went well; being stopped counts as well
 * @throws {RepositoryError} if the repository or its branch cannot be read at the start; later on watching tries again
 */
export async function watch(world: WatchWorld, options: WatchOptions, actions: WatchActions): Promise<boolean> {
  const watcher = new Watcher(world, options, actions);
  const { signal } = actions;
  try {
    await watcher.check();
    do {
      await watcher.look().catch((error: unknown) => watcher.failed('looking for commits', error));
      if (!options.once) await sleep(options.everyMs, undefined, { signal });
    } while (!options.once);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return watcher.well;
}

class Watcher {
  well = true;
  readonly #world: WatchWorld;
  readonly #options: WatchOptions;
  readonly #actions: WatchActions;
  #lastSaid = '';

  constructor(world: WatchWorld, options: WatchOptions, actions: WatchActions) {
    this.#world = world;
    this.#options = options;
    this.#actions = actions;
  }

  /** @throws {RepositoryError} if it is no repository, or has no such branch */
  async check(): Promise<void> {
    const { repository, branch } = this.#options;
    await repository.refresh(branch);
    await repository.commits(branch, { limit: 1 });
  }

  /** Handles what is new. One process at a time: another waits here, and then finds nothing left. */
  look(): Promise<void> {
    const lock = this.#world.path('.pawl/watch.lock');
    const { signal, say } = this.#actions;
    return withLock(lock, () => this.#handleNew(), { signal, say });
  }

  /** Reports what went wrong, and continues: only the user ends a watch. */
  failed(what: string, error: unknown): void {
    if (this.#actions.signal.aborted) throw error;
    this.well = false;
    const { message, stack } = explained(error);
    const line = `${what}: ${stack ?? message}`;
    if (line !== this.#lastSaid) this.#actions.say(line); // one check after another fails in the same way
    this.#lastSaid = line;
  }

  async #handleNew(): Promise<void> {
    await this.#followUp();
    while (!this.#actions.signal.aborted) {
      const { repository, branch, paths } = this.#options;
      await repository.refresh(branch);
      const { commits: handled, attempts } = await this.#handled();
      const after = handled.at(-1);
      const commits = await repository.commits(branch, {
        paths,
        ...(after === undefined ? { limit: 1 } : { after }),
      });
      const plan = planRuns(commits, new Set(handled), after === undefined);
      if (plan.run === null) return;
      for (const commit of plan.superseded)
        if (!attempts.has(commit)) await recordSuperseded(this.#world, this.#pushed(commit), plan.run);
      this.#actions.say(`commit ${plan.run.slice(0, 12)} on ${branch}`);
      if (!(await this.#runOn(this.#pushed(plan.run)))) return;
    }
  }

  /** A candidate whose process died before it was proposed. */
  async #followUp(): Promise<void> {
    const { lastCompleted } = await this.#handled();
    if (lastCompleted === null) return;
    try {
      await this.#actions.follow(lastCompleted);
    } catch (error) {
      this.failed(`run ${lastCompleted.id}`, error);
    }
  }

  /**
   * @returns false for a commit that could not be recorded as a run (it could not be read, for example): the next check
   *   tries again
   */
  async #runOn(pushed: Pushed): Promise<boolean> {
    const folder = await temporaryFolder(tmpdir(), 'commit');
    const what = `commit ${pushed.commit.slice(0, 12)}`;
    const before = await this.#attempts(pushed.commit);
    let readable = false;
    try {
      const { repository, limits } = this.#options;
      const leftOut = await repository.export(pushed.commit, folder, limits);
      readable = true;
      if (leftOut.length > 0) this.#actions.say(`${what}: links and submodules are left out: ${leftOut.length}`);
      await this.#actions.run(pushed.commit, { folder, leftOut }, pushed);
    } catch (error) {
      this.failed(what, error);
      if (!readable && !(error instanceof CommitRefusedError)) return false;
      if ((await this.#attempts(pushed.commit)) === before) await recordFailed(this.#world, pushed, explained(error));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return (await this.#attempts(pushed.commit)) > before;
  }

  #handled() {
    const { repository, branch } = this.#options;
    return handledOf(this.#world, repository.name, branch);
  }

  async #attempts(commit: string): Promise<number> {
    return (await this.#handled()).attempts.get(commit) ?? 0;
  }

  #pushed(commit: string): Pushed {
    const { repository, branch } = this.#options;
    return { kind: 'push', repository: repository.name, branch, commit };
  }
}

/** An error for people; with its stack if it was not thrown on purpose. */
function explained(error: unknown): { code: string; message: string; stack: string | null } {
  if (error instanceof PawlError || error instanceof RegistryError)
    return { code: error.code, message: error.message, stack: null };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, stack: error instanceof Error ? (error.stack ?? null) : null };
}
