import type { Digest } from '../values.ts';

/** What is known of stored bytes without reading them. */
export type StoredArtifact = {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** When they were last put: putting the same bytes again makes them young again. */
  readonly storedAt: Date;
};

/**
 * Bytes by their SHA-256. What was put can be had again until it is collected; nothing has a name, nothing changes.
 * Models can be larger than memory should be: `put` takes a stream, `copy` writes to a file; `get` is for what is small.
 *
 * @throws {ArtifactStoreError} from every method, when the store is full, forbidden or out of order
 */
export type Artifacts = {
  /** Stores bytes, durable when the promise resolves; repeating it changes nothing. If the stream fails, nothing is stored. */
  put(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Digest>;

  /**
   * The bytes, checked against the digest on every read.
   *
   * @param maxBytes larger ones are refused unread
   * @throws {ArtifactMissingError} nothing has this digest here
   * @throws {ArtifactCorruptError} what is stored under it has another one; putting the right bytes again repairs it
   * @throws {ArtifactTooLargeError} there are more than `maxBytes`
   */
  get(digest: Digest, maxBytes?: number): Promise<Buffer>;

  /** Writes the bytes to a file, which appears checked and whole or not at all. Errors as `get`. */
  copy(digest: Digest, file: string, maxBytes?: number): Promise<void>;

  has(digest: Digest): Promise<boolean>;

  /** Size in bytes of what is stored, or null. */
  size(digest: Digest): Promise<number | null>;

  /** Everything stored. */
  list(): AsyncIterable<StoredArtifact>;

  /**
   * Removes bytes; removing what is not there changes nothing.
   *
   * @param before only if they were last put before this moment, even if another process puts them right now
   * @returns whether it removed anything
   */
  remove(digest: Digest, before?: Date): Promise<boolean>;

  /** Removes what puts interrupted before this moment have left behind. @returns how many pieces */
  sweep(before: Date): Promise<number>;
};
