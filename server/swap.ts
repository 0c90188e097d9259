import { PawlError } from '../events/errors.ts';

/** No version could be loaded yet. */
export class ModelNotReadyError extends PawlError {
  readonly code = 'model_not_ready';
}

/**
 * An engine that many requests use at once. It is released exactly once: when it was replaced and its last user has
 * finished.
 */
class Engine<E> {
  readonly engine: E;
  readonly released: Promise<void>;
  #users = 0;
  #replaced = false;
  #release: () => void = () => {};

  constructor(engine: E, release: (engine: E) => Promise<void>) {
    this.engine = engine;
    this.released = new Promise<void>((resolve) => {
      this.#release = resolve;
    }).then(() => release(engine));
  }

  async use<R>(work: (engine: E) => Promise<R>): Promise<R> {
    this.#users++;
    try {
      return await work(this.engine);
    } finally {
      this.#users--;
      this.#check();
    }
  }

  replace(): void {
    this.#replaced = true;
    this.#check();
  }

  #check(): void {
    if (this.#replaced && this.#users === 0) this.#release();
  }
}

/**
 * The engine that answers now. Replacing it is one assignment: requests that began before go on with the old engine,
 * later ones get the new one, and none waits.
 *
 * E is the engine, F the facts about it.
 */
export class Swap<E, F> {
  readonly #release: (engine: E) => Promise<void>;
  readonly #leaving = new Set<Promise<void>>();
  #current: Engine<E> | null = null;
  #facts: F | null = null;

  /** @param release called once for every engine; it must not fail */
  constructor(release: (engine: E) => Promise<void>) {
    this.#release = release;
  }

  get engine(): E | null {
    return this.#current?.engine ?? null;
  }

  get facts(): F | null {
    return this.#facts;
  }

  /**
   * Runs work with the current engine and facts; both stay the same to the end of the work.
   * @throws {ModelNotReadyError}
   */
  async use<R>(work: (engine: E, facts: F) => Promise<R>): Promise<R> {
    const [current, facts] = [this.#current, this.#facts];
    if (!current) throw new ModelNotReadyError('no model is loaded: GET /health/ready says why');
    return current.use((engine) => work(engine, facts as F));
  }

  replace(next: { engine: E; facts: F } | null): void {
    const old = this.#current;
    this.#current = next && new Engine(next.engine, this.#release);
    this.#facts = next?.facts ?? null;
    if (!old) return;
    const left = old.released.finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
    old.replace();
  }

  /** Replaces the facts about the engine; the engine stays. */
  amend(facts: F): void {
    if (this.#current) this.#facts = facts;
  }

  /** Resolves when everything replaced so far has been released. */
  async released(): Promise<void> {
    await Promise.all(this.#leaving);
  }
}
