import { RegistryError } from '../errors.ts';

/** Stored bytes do not have the digest they were requested by. Nothing was returned. */
export class ArtifactCorruptError extends RegistryError {
  readonly code = 'artifact_corrupt';
}

/** No bytes with this digest here. */
export class ArtifactMissingError extends RegistryError {
  readonly code = 'artifact_missing';
}

/** There are more bytes than the caller wants to read. Nothing was read. */
export class ArtifactTooLargeError extends RegistryError {
  readonly code = 'artifact_too_large';
}

/** The store itself does not work. The put that failed stored nothing; what was stored before is unchanged. */
export class ArtifactStoreError extends RegistryError {
  readonly code = 'artifact_store_unavailable';
  readonly reason: 'full' | 'forbidden' | 'unusable';
  constructor(reason: ArtifactStoreError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
