import { setTimeout as sleep } from 'node:timers/promises';
import { ForgeError } from '../errors.ts';
import type { Api } from './api.ts';

/** A repository of a forge, with the client for it. */
export type Place = {
  readonly api: Api;
  readonly owner: string;
  readonly repo: string;
  /** Pause before a second try or look; the next ones are longer. A second if left out. */
  readonly pauseMs?: number;
};

export const here = ({ owner, repo }: Place) => ({ owner, repo });

export const pause = ({ pauseMs = 1000 }: Place, attempt: number): Promise<void> => sleep(pauseMs * attempt ** 2);

/** Reads until something is visible, or the tries are used up: the parts of a forge are not in step with each other. */
export async function until<T>(place: Place, read: () => Promise<T>, seen: (value: T) => boolean): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const value = await read();
    if (seen(value) || attempt === 4) return value;
    await pause(place, attempt);
  }
}

/** Repeats an operation that reads before it writes, and so has its effect once. */
export async function untilDone<T>(place: Place, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ForgeError) || error.reason !== 'unreachable' || attempt === 3) throw error;
      await pause(place, attempt);
    }
  }
}
