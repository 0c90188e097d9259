import type { Digest } from '../values.ts';

/** What is known of stored bytes without reading them. */
export type StoredArtifact = {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** When the bytes were last put. Putting the same bytes again makes them young again. */
  readonly storedAt: Date;
};

/**
 * Stores bytes by their SHA-256. What was put can be read until it is collected; nothing has a name, nothing changes. A
 * model may be larger than memory: `put` takes a stream, `copy` writes to a file; `get` is for small files.
 *
 * @throws {ArtifactStoreError} from every method, when the store is full, forbidden or broken
 */
export type Artifacts = {
  /** Stores bytes, durable when the promise resolves; repeating it changes nothing. If the stream fails, nothing is stored. */
  put(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Digest>;

  /**
   * The bytes, checked against the digest on every read.
   *
   * @param maxBytes larger ones are refused unread
   * @throws {ArtifactMissingError} nothing has this digest here
   * @throws {ArtifactCorruptError} what is stored under it has another digest; putting the right bytes again repairs it
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
   * @param before only if they were last put before this moment, even if another process puts them at the same time
   * @returns whether it removed anything
   */
  remove(digest: Digest, before?: Date): Promise<boolean>;

  /** Removes what puts interrupted before this moment have left behind. @returns how many pieces */
  sweep(before: Date): Promise<number>;
};
