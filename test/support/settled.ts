import type { Settled, SettledStore } from '../../registry-repo/settled/settled.ts';

/** A server's accepted state in memory; `failure` is thrown instead. */
export class MemorySettled implements SettledStore {
  settled: Settled | null = null;
  failure: Error | null = null;

  read = async (): Promise<Settled | null> => {
    if (this.failure) throw this.failure;
    return this.settled;
  };

  write = async (settled: Settled): Promise<void> => {
    if (this.failure) throw this.failure;
    this.settled = settled;
  };
}
