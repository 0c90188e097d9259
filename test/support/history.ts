import type { EventData, Fact } from '../../events/catalogue.ts';
import { catalogue } from '../../events/catalogue.ts';
import { encodeFacts } from '../../events/envelope.ts';
import { type EventStore, NO_STREAM } from '../../events/store.ts';
import { modelStream, runStream } from '../../events/streams.ts';
import { command, metric } from './events.ts';

const example = <T extends keyof typeof catalogue>(type: T) => catalogue[type].example as EventData<T>;
const hex = (n: number, length: number) => n.toString(16).padStart(length, '0');
export const digest = (n: number) => `sha256:${hex(n, 64)}`;
export const commit = (n: number) => hex(n, 40);
export const id = (n: number) => `0000000${String(n).padStart(5, '0')}`;

/** Writes made-up but well-formed histories; each method is one command, a minute after the last. */
export class History {
  readonly store: EventStore;
  #n = 0;
  readonly #revisions = new Map<string, number>();
  constructor(store: EventStore) {
    this.store = store;
  }

  async append(stream: string, ...facts: Fact[]): Promise<void> {
    const n = ++this.#n;
    const time = new Date(Date.UTC(2026, 0, 1) + n * 60_000);
    const revision = this.#revisions.get(stream) ?? NO_STREAM;
    const stored = await this.store.append(stream, revision, encodeFacts(command(`history-${n}`, { time }), facts));
    this.#revisions.set(stream, stored.at(-1)?.revision as number);
  }

  run(run: number, points: number): Promise<void> {
    return this.append(
      runStream(id(run)),
      { type: 'TrainingRunStarted', data: { ...example('TrainingRunStarted'), seed: run } },
      { type: 'DatasetPinned', data: example('DatasetPinned') },
      ...Array.from({ length: points }, (_, step) => metric(step, 1 / (step + 1))),
      { type: 'EpochCompleted', data: example('EpochCompleted') },
      { type: 'ModelEvaluated', data: example('ModelEvaluated') },
      {
        type: 'TrainingRunCompleted',
        data: {
          ...example('TrainingRunCompleted'),
          candidate: { manifest: digest(run), model: digest(run), sizeBytes: 9 },
        },
      },
    );
  }

  propose(model: string, version: number, baseline: number | null): Promise<void> {
    return this.append(modelStream(model), {
      type: 'PromotionProposed',
      data: {
        ...example('PromotionProposed'),
        promotionId: id(version),
        runId: id(version),
        candidate: ref(version),
        baseline: baseline === null ? null : ref(baseline),
      },
    });
  }

  merge(model: string, version: number, replaced: number | null): Promise<void> {
    return this.append(modelStream(model), {
      type: 'PromotionMerged',
      data: {
        ...example('PromotionMerged'),
        promotionId: id(version),
        candidate: ref(version),
        replaced: replaced === null ? null : ref(replaced),
        model: digest(version),
        commit: commit(version),
      },
    });
  }

  reject(model: string, version: number): Promise<void> {
    return this.append(modelStream(model), {
      type: 'PromotionRejected',
      data: { ...example('PromotionRejected'), promotionId: id(version), version },
    });
  }

  rollBack(model: string, promotion: number, from: number, to: number): Promise<void> {
    return this.append(modelStream(model), {
      type: 'ProductionRolledBack',
      data: {
        ...example('ProductionRolledBack'),
        promotionId: id(promotion),
        from: ref(from),
        to: ref(to),
        model: digest(to),
        commit: commit(promotion),
      },
    });
  }
}

export const ref = (version: number) => ({ version, manifest: digest(version) });
