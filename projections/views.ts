import { PawlError } from '../events/errors.ts';

/** One build of a projection's table. Several may exist while a new one is built; readers see the live one. */
export type Generation = {
  readonly id: number;
  readonly version: number;
  readonly position: number;
  /** Hash of the event at `position`, which tells one log from another; null before the first, and in files of an earlier Pawl. */
  readonly hash: string | null;
  readonly live: boolean;
};

/** Other processes have replaced the views each time that this one had folded the log. */
export class ViewsBusyError extends PawlError {
  readonly code = 'views_busy';
}

/** A newer Pawl has built this view in a form that this Pawl cannot read. */
export class ViewNewerError extends PawlError {
  readonly code = 'view_newer';
  constructor(name: string, theirs: number, ours: number) {
    super(`the ${name} view was built by a newer Pawl (version ${theirs}, this one has ${ours}): update Pawl`);
  }
}

/** What may be done to the tables inside one transaction. Rows are canonical JSON texts. */
export type ViewTables = {
  generations(name: string): Generation[];
  create(name: string, version: number): Generation;
  /** Makes a generation the live one and deletes every other generation of the projection. */
  goLive(name: string, id: number): void;
  get(generation: number, key: string): string | undefined;
  put(generation: number, key: string, row: string): void;
  remove(generation: number, key: string): void;
  /** Sets the position up to which a generation has folded the log, and the hash of the event there. */
  checkpoint(generation: number, at: { readonly position: number; readonly hash: string }): void;
  /** Deletes a generation that is not live. A live one is replaced. */
  drop(generation: number): void;
};

/**
 * Where projections keep their tables. Rows and checkpoint change together or not at all, so every event counts once,
 * however often a process dies. The tables hold nothing of their own: if they are lost, they are built again from the
 * log.
 */
export type Views = {
  /** Runs `work` while no other process does. All that it wrote is kept or, if it throws, nothing. */
  transaction<T>(work: (tables: ViewTables) => T): T;
  /** Rows of one generation in order of their keys' UTF-8 bytes. */
  rows(generation: number): Iterable<{ key: string; row: string }>;
  /** Deletes everything. */
  clear(): void;
  close(): void;
};
