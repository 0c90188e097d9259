import { createHash } from 'node:crypto';
import type { CompletedPart, MultipartUpload, Part } from '@aws-sdk/client-s3';
import { type Connection, nameOf, statusOf } from './connection.s3.ts';
import type { Source } from './source.ts';

/** S3 accepts 10,000 parts at most. */
const MAX_PARTS = 10_000;
const MEBIBYTE = 1024 ** 2;

type Job = {
  readonly connection: Connection;
  readonly key: string;
  readonly source: Source;
  readonly partBytes: number;
  /** How many parts are sent at once; each is in memory. */
  readonly width: number;
  /** ETag of the object that has this key and size already; null if there is none. */
  readonly existing: string | null;
  /** Counts bytes that have arrived, of the source's size. */
  readonly report: (done: number) => void;
};

/**
 * Uploads in parts. An interrupted upload of this key is continued: its parts stay if they have the right size and
 * checksum. If the object exists already, the server copies its parts, and so reads them: a damaged part is found by
 * its checksum and sent again. Other unfinished uploads of the key are ended.
 */
export async function uploadParts(job: Job): Promise<void> {
  const { connection, key, source, width } = job;
  const partBytes = Math.max(job.partBytes, Math.ceil(source.sizeBytes / MAX_PARTS / MEBIBYTE) * MEBIBYTE);
  const count = Math.ceil(source.sizeBytes / partBytes);
  const sizeOf = (number: number) => Math.min(partBytes, source.sizeBytes - (number - 1) * partBytes);
  const open = await openUploads(connection, key);
  const begun = await fitting(job, open, (part) => part.number <= count && part.sizeBytes === sizeOf(part.number));
  const id = begun?.id ?? (await begin(job));
  const target: Target = { ...job, id, partBytes, kept: begun?.parts ?? new Map() };

  const parts = new Map<number, CompletedPart>();
  const waiting = Array.from({ length: count }, (_, i) => i + 1);
  let done = 0;
  const worker = async () => {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
      parts.set(number, await placePart(target, number, sizeOf(number)));
      done += sizeOf(number);
      job.report(done);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
  } finally {
    waiting.length = 0; // one worker failed: the others end
  }
  const ordered = [...parts.values()].sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
  await connection.ask(`store ${source.digest}`, (client, sdk) =>
    client.send(
      new sdk.CompleteMultipartUploadCommand({
        Bucket: connection.bucket,
        Key: key,
        UploadId: id,
        MultipartUpload: { Parts: ordered },
      }),
    ),
  );
  for (const other of open) if (other.UploadId !== id) await endUpload(connection, other);
}

/** Another process finished or ended the same upload: a new start finds its result. */
export const isOvertaken = (error: unknown): boolean =>
  ['NoSuchUpload', 'InvalidPart', 'InvalidPartOrder'].includes(nameOf((error as { cause?: unknown } | null)?.cause));

type Kept = {
  readonly number: number;
  readonly sizeBytes: number;
  readonly eTag: string;
  readonly sha256: string | null;
};
type Target = Job & { readonly id: string; readonly kept: ReadonlyMap<number, Kept> };

/** Uploads one part, in the cheapest way that gives the right bytes. */
async function placePart(target: Target, number: number, sizeBytes: number): Promise<CompletedPart> {
  const { connection, key, source, id, partBytes } = target;
  const from = (number - 1) * partBytes;
  const bytes = await source.read(from, from + sizeBytes);
  const sums = { md5: createHash('md5').update(bytes).digest(), sha256: createHash('sha256').update(bytes).digest() };
  const kept = target.kept.get(number);
  if (kept && isRight(kept, sums)) return completed(kept);
  const copied = target.existing === null ? null : await copyPart(target, number, from, sizeBytes);
  if (copied && isRight(copied, sums)) return completed(copied);
  const sent = await connection.ask(`store ${source.digest}`, (client, sdk) =>
    client.send(
      new sdk.UploadPartCommand({
        Bucket: connection.bucket,
        Key: key,
        UploadId: id,
        PartNumber: number,
        Body: bytes,
        ContentLength: sizeBytes,
        ContentMD5: sums.md5.toString('base64'),
      }),
    ),
  );
  return {
    PartNumber: number,
    ETag: sent.ETag,
    ...(sent.ChecksumSHA256 ? { ChecksumSHA256: sent.ChecksumSHA256 } : {}),
  };
}

type Sums = { readonly md5: Buffer; readonly sha256: Buffer };

/** By SHA-256 where the server keeps it, else by the ETag, which is the MD5 unless the server encrypts. */
const isRight = ({ eTag, sha256 }: Kept, sums: Sums): boolean =>
  sha256 === null ? eTag.replaceAll('"', '') === sums.md5.toString('hex') : sha256 === sums.sha256.toString('base64');

const completed = ({ number, eTag, sha256 }: Kept): CompletedPart => ({
  PartNumber: number,
  ETag: eTag,
  ...(sha256 === null ? {} : { ChecksumSHA256: sha256 }),
});

/** A part of what is stored already, read by the server; null where it cannot. */
async function copyPart(
  { connection, key, id, existing }: Target,
  number: number,
  from: number,
  sizeBytes: number,
): Promise<Kept | null> {
  try {
    const { CopyPartResult: result } = await connection.ask('copy a part', (client, sdk) =>
      client.send(
        new sdk.UploadPartCopyCommand({
          Bucket: connection.bucket,
          Key: key,
          UploadId: id,
          PartNumber: number,
          CopySource: `${connection.bucket}/${key.split('/').map(encodeURIComponent).join('/')}`,
          CopySourceRange: `bytes=${from}-${from + sizeBytes - 1}`,
          ...(existing ? { CopySourceIfMatch: existing } : {}),
        }),
      ),
    );
    return result?.ETag ? { number, sizeBytes, eTag: result.ETag, sha256: result.ChecksumSHA256 ?? null } : null;
  } catch (error) {
    const status = statusOf((error as { cause?: unknown }).cause);
    if (status === 0 || isOvertaken(error)) throw error;
    return null; // the server cannot copy parts, or the object has gone: the bytes are sent
  }
}

async function begin({ connection, key, source }: Job): Promise<string> {
  const { UploadId: id } = await connection.ask(`store ${source.digest}`, (client, sdk) =>
    client.send(
      new sdk.CreateMultipartUploadCommand({
        Bucket: connection.bucket,
        Key: key,
        ContentType: 'application/octet-stream',
      }),
    ),
  );
  if (!id) throw new Error('the server began an upload without an id');
  return id;
}

/** The newest unfinished upload whose parts all have the sizes of ours. */
async function fitting(
  { connection, key }: Job,
  open: readonly MultipartUpload[],
  fits: (part: Kept) => boolean,
): Promise<{ id: string; parts: Map<number, Kept> } | null> {
  for (const { UploadId: id } of open) {
    if (!id) continue;
    const parts = await partsOf(connection, key, id).catch((error: unknown) => {
      if (isOvertaken(error)) return null;
      throw error;
    });
    if (parts?.every(fits)) return { id, parts: new Map(parts.map((part) => [part.number, part])) };
  }
  return null;
}

async function partsOf(connection: Connection, key: string, id: string): Promise<Kept[]> {
  const found: Part[] = [];
  let marker: string | undefined;
  do {
    const page = await connection.ask('continue an upload', (client, sdk) =>
      client.send(
        new sdk.ListPartsCommand({
          Bucket: connection.bucket,
          Key: key,
          UploadId: id,
          ...(marker ? { PartNumberMarker: marker } : {}),
        }),
      ),
    );
    found.push(...(page.Parts ?? []));
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (marker);
  return found.map((part) => ({
    number: part.PartNumber ?? 0,
    sizeBytes: part.Size ?? -1,
    eTag: part.ETag ?? '',
    sha256: part.ChecksumSHA256 ?? null,
  }));
}

/** Unfinished uploads whose key begins with the prefix, the newest first; none if listing them is not allowed. */
export async function openUploads(connection: Connection, key: string): Promise<MultipartUpload[]> {
  const found: MultipartUpload[] = [];
  for await (const upload of unfinishedUploads(connection, key)) if (upload.Key === key) found.push(upload);
  return found.sort((a, b) => (b.Initiated?.getTime() ?? 0) - (a.Initiated?.getTime() ?? 0));
}

export async function* unfinishedUploads(connection: Connection, prefix: string): AsyncGenerator<MultipartUpload> {
  let marker: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
  while (marker) {
    const from: { KeyMarker?: string; UploadIdMarker?: string } = marker;
    const page = await connection
      .ask('list unfinished uploads', (client, sdk) =>
        client.send(new sdk.ListMultipartUploadsCommand({ Bucket: connection.bucket, Prefix: prefix, ...from })),
      )
      .catch((error: { cause?: unknown }) => {
        if (['AccessDenied', 'NotImplemented', 'MethodNotAllowed'].includes(nameOf(error.cause))) return null;
        throw error;
      });
    yield* page?.Uploads ?? [];
    marker = page?.IsTruncated
      ? {
          ...(page.NextKeyMarker ? { KeyMarker: page.NextKeyMarker } : {}),
          ...(page.NextUploadIdMarker ? { UploadIdMarker: page.NextUploadIdMarker } : {}),
        }
      : null;
  }
}

/** Ends an upload and frees its parts. @returns whether it still existed */
export async function endUpload(connection: Connection, { Key: key, UploadId: id }: MultipartUpload): Promise<boolean> {
  try {
    await connection.ask('end an upload', (client, sdk) =>
      client.send(new sdk.AbortMultipartUploadCommand({ Bucket: connection.bucket, Key: key, UploadId: id })),
    );
    return true;
  } catch (error) {
    if (nameOf((error as { cause?: unknown }).cause) === 'NoSuchUpload') return false;
    throw error;
  }
}
