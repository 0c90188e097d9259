import type { S3Client } from '@aws-sdk/client-s3';
import { RegistryError } from '../errors.ts';
import { ArtifactStoreError } from './errors.ts';
import { handlerOver } from './request-handler.s3.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

/** Where a bucket is. The SDK finds the credentials: in AWS_ACCESS_KEY_ID and the other usual places. */
export type Place = {
  readonly bucket: string;
  /** URL of an S3-compatible server; null for AWS. */
  readonly endpoint: string | null;
  readonly region: string;
  /** Puts the bucket's name in the path and not in the host name. */
  readonly pathStyle: boolean;
  /** The way to the network; Node's own by default. */
  readonly fetch?: typeof fetch;
  /** How often a request is tried, the first time included. */
  readonly attempts?: number;
};

/**
 * A bucket with a client that is made when it is first needed, so that the SDK is loaded only by those who use a
 * bucket.
 */
export class Connection {
  readonly place: Place;
  #loaded: Promise<{ sdk: Sdk; client: S3Client }> | undefined;

  constructor(place: Place) {
    this.place = place;
  }

  get bucket(): string {
    return this.place.bucket;
  }

  /**
   * Sends a request to the server. @throws {ArtifactStoreError} and whatever `use` throws that is not about the server
   */
  async ask<T>(what: string, use: (client: S3Client, sdk: Sdk) => Promise<T>): Promise<T> {
    try {
      const { sdk, client } = await this.#load();
      return await use(client, sdk);
    } catch (cause) {
      throw this.typed(what, cause);
    }
  }

  /** The error as one of Pawl's, if it comes from the server or the network. */
  typed(what: string, cause: unknown): unknown {
    if (cause instanceof RegistryError || !isRemote(cause)) return cause;
    const { reason, advice } = explain(cause, this.place);
    const said = [nameOf(cause), cause.message].filter((text) => text && text !== 'UnknownError').join(': ');
    return new ArtifactStoreError(reason, `cannot ${what} in the bucket ${this.bucket} (${said}): ${advice}`, {
      cause,
    });
  }

  #load() {
    this.#loaded ??= load(this.place);
    return this.#loaded;
  }
}

async function load({ endpoint, region, pathStyle, fetch, attempts = 4 }: Place) {
  // Without credentials the SDK asks AWS's address for machine credentials. A bucket on another server is no reason to
  // do so.
  if (endpoint !== null && !isAws(endpoint)) process.env.AWS_EC2_METADATA_DISABLED ??= 'true';
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region,
    forcePathStyle: pathStyle,
    maxAttempts: attempts,
    ...(endpoint ? { endpoint } : {}),
    // Older servers refuse checksums that they do not know. Pawl sends its own checksums where needed, and checks every
    // read.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler:
      fetch === undefined || fetch === globalThis.fetch
        ? { connectionTimeout: 10_000, socketTimeout: 60_000 }
        : handlerOver(fetch),
  });
  return { sdk, client };
}

const isAws = (endpoint: string): boolean => /(?:^|\.)amazonaws\.com(?:\.cn)?$/.test(new URL(endpoint).hostname);

type Remote = Error & {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
};

const NETWORK = /^(?:E[A-Z_]+|CERT_[A-Z_]+|DEPTH_[A-Z_]+|SELF_SIGNED_[A-Z_]+|UNABLE_TO_[A-Z_]+|ERR_TLS_[A-Z_]+)$/;

const isRemote = (cause: unknown): cause is Remote =>
  cause instanceof Error &&
  ('$metadata' in cause ||
    cause.name === 'CredentialsProviderError' ||
    cause.name === 'TimeoutError' ||
    isNetwork(cause));

const isNetwork = (cause: Error & { code?: unknown; syscall?: unknown }): boolean =>
  typeof cause.code === 'string' && NETWORK.test(cause.code) && !isFileSystem(cause.syscall);

const isFileSystem = (syscall: unknown): boolean =>
  typeof syscall === 'string' && !['connect', 'getaddrinfo', 'read', 'write', 'socket'].includes(syscall);

/** The server's own code for the error, such as `NoSuchBucket`. */
export const nameOf = (cause: unknown): string => {
  const { code, name } = (cause ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : '';
};

export const statusOf = (cause: unknown): number =>
  (cause as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode ?? 0;

const CREDENTIALS =
  'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN) to a key that may list, read, write and delete there';

function explain(
  cause: Remote,
  { bucket, endpoint, region }: Place,
): Pick<ArtifactStoreError, 'reason'> & { advice: string } {
  const [name, status] = [nameOf(cause), statusOf(cause)];
  if (name === 'CredentialsProviderError')
    return { reason: 'forbidden', advice: `there are no credentials; ${CREDENTIALS}` };
  if (name === 'NoSuchBucket')
    return { reason: 'unusable', advice: `make the bucket ${bucket}, or set artifacts.s3.bucket to one that exists` };
  if (name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed' || status === 301)
    return { reason: 'unusable', advice: `the bucket is not in ${region}: set artifacts.s3.region` };
  if (name === 'RequestTimeTooSkewed')
    return { reason: 'forbidden', advice: 'the clock of this machine is wrong: set it' };
  if (status === 401 || status === 403)
    return { reason: 'forbidden', advice: `the server refuses this key; ${CREDENTIALS}` };
  if (status === 507 || /quota|storagefull|nospace|insufficientstorage/i.test(name))
    return { reason: 'full', advice: 'free some room there, or run "pawl artifacts gc"' };
  if (status === 0)
    return {
      reason: 'unusable',
      advice: `${endpoint ?? 'AWS'} cannot be reached: check artifacts.s3.endpoint and the network`,
    };
  return { reason: 'unusable', advice: `the server answered ${status}: run again; if it stays, ask whoever runs it` };
}
