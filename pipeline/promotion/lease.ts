import { hostname } from 'node:os';
import * as z from 'zod';
import { RefMovedError } from '../../registry-repo/git.ts';
import { GitError } from '../../registry-repo/git-process.ts';
import { Instant, Name, type ObjectId, RunId } from '../../registry-repo/values.ts';
import { ForgeError } from '../forge/errors.ts';
import type { Note } from '../forge/forge.ts';
import { isAlive } from '../lock.ts';
import type { PromotionPorts } from './promotion-ports.ts';

/**
 * Which process takes a model's promotions forward now. The lease only saves work: two processes that judge candidates
 * of one model at once make each other's verdicts void. Safety does not depend on it: the log's revision and the
 * compare-and-swap on main decide.
 */
export const Lease = z.strictObject({
  schema: z.literal('pawl.lease/1'),
  model: Name,
  promotion: RunId,
  /** New each time it is taken. */
  holder: RunId,
  host: z.string().min(1).max(300),
  pid: z.int().min(1),
  /** When it ends, by the holder's clock, unless it is renewed. */
  until: Instant,
});
export type Lease = z.infer<typeof Lease>;

/** How long a lease lasts. If its holder is killed on another machine, others wait no longer than this. */
export const LEASE_MS = 60_000;
const RENEW_MS = LEASE_MS / 3;
/** How much clocks may differ. A deadline further ahead is ignored, so that a far date cannot block a model. */
const CLOCK_SKEW_MS = 300_000;

/** How often a race for a lease may be lost: others take and release it within moments, but not for ever. */
const MOST_LOST_RACES = 100;

/** The result of taking a lease; `free` if the forge keeps none. */
export type Taken =
  | { readonly kind: 'taken' | 'free'; readonly release: () => Promise<void> }
  | { readonly kind: 'held'; readonly lease: Lease };

type Ports = Pick<PromotionPorts, 'forge' | 'clock' | 'newId' | 'say'>;

/**
 * Leases that this process holds. A lease that names this process and is not among them is left from an earlier process
 * with the same number.
 */
const mine = new Set<string>();

/** Takes a model's lease, unless a holder may still be at work. Does not wait. @throws {ForgeError} {RefMovedError} */
export async function takeLease(ports: Ports, model: string, promotion: string): Promise<Taken> {
  const { forge, clock, newId } = ports;
  const lease = { model, promotion, holder: newId(), host: hostname(), pid: process.pid };
  for (let attempt = 1; ; attempt++) {
    const now = clock();
    const found = await forge.lease(model);
    const other = found && readLease(found);
    if (other && !hasEnded(other, now)) return { kind: 'held', lease: other };
    mine.add(lease.holder);
    try {
      return hold(ports, lease, await forge.moveLease(model, print(lease, now), found?.oid ?? null));
    } catch (error) {
      mine.delete(lease.holder);
      if (error instanceof RefMovedError && attempt < MOST_LOST_RACES) continue; // another process was faster: see which
      if (!(error instanceof ForgeError) || error.reason !== 'refused') throw error;
      ports.say(`the registry keeps no lease (${error.message}): another process may judge the same at the same time`);
      return { kind: 'free', release: async () => {} };
    }
  }
}

/**
 * Renews a lease until it is released. A lease that another process has taken is given up: the work goes on, and counts
 * if it is finished first.
 */
function hold({ forge, clock }: Ports, lease: Omit<Lease, 'schema' | 'until'>, taken: ObjectId | null): Taken {
  let at = taken;
  let moving: Promise<void> = Promise.resolve();
  const move = (bytes: () => Buffer | null) => {
    moving = moving
      .catch(() => {})
      .then(async () => {
        try {
          if (at !== null) at = await forge.moveLease(lease.model, bytes(), at);
        } catch (error) {
          if (error instanceof RefMovedError) at = null;
          // The forge cannot be reached: the next renewal succeeds, or the deadline ends the lease. Work done meanwhile
          // counts.
          else if (!(error instanceof ForgeError) && !(error instanceof GitError)) throw error;
        }
      });
    return moving;
  };
  const timer = setInterval(() => void move(() => print(lease, clock())).catch(() => {}), RENEW_MS);
  timer.unref();
  const release = async () => {
    clearInterval(timer);
    mine.delete(lease.holder);
    await move(() => null);
  };
  return { kind: 'taken', release };
}

const print = (lease: Omit<Lease, 'schema' | 'until'>, now: Date): Buffer => {
  const until = new Date(now.getTime() + LEASE_MS).toISOString();
  return Buffer.from(`${JSON.stringify({ schema: 'pawl.lease/1', ...lease, until })}\n`);
};

/** Null if it is no lease: then it has no holder. */
function readLease({ bytes }: Note): Lease | null {
  try {
    return Lease.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return null;
  }
}

/** Whether its holder has ended, or its time is over. */
export function hasEnded({ host, pid, holder, until }: Lease, now: Date): boolean {
  if (host === hostname() && pid === process.pid) return !mine.has(holder);
  const left = new Date(until).getTime() - now.getTime();
  return left <= 0 || left > LEASE_MS + CLOCK_SKEW_MS || !isAlive({ host, pid });
}

export const holderOf = ({ host, pid, promotion, until }: Lease): string =>
  `process ${pid} on ${host}, which is at promotion ${promotion} until ${until} or longer`;
