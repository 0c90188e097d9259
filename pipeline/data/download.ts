import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Later, later } from '../../registry-repo/later.ts';
import { faultOf, NetworkSettingError } from '../../registry-repo/network/errors.ts';
import { DownloadError } from '../errors.ts';
import type { ReadContext } from './source.ts';

/** What a file's publisher says about its bytes; `git` is the id of a git blob. */
export type Checksum = { readonly algorithm: 'md5' | 'sha256' | 'git'; readonly hex: string };

/** A file whose exact bytes are known beforehand. */
export type Content = {
  readonly name: string;
  readonly bytes: number;
  readonly checksum: Checksum;
  /** What a person can do if it cannot be fetched: if the address is wrong, and if there is no network. */
  readonly advice: { readonly address: string; readonly offline: string };
};

/**
 * Bounds of a download: tries in all, milliseconds between them, milliseconds without a byte before a try is given up.
 */
export type Patience = {
  readonly tries: number;
  readonly pauseMs: number;
  readonly stallMs: number;
  /** Counts `stallMs`, where it is not the machine's clock. */
  readonly later?: Later;
};

/**
 * The file in the cache folder. If it is not there, it is fetched, checked and renamed into place. The part of an
 * interrupted download is kept and continued, by this call or a later one.
 *
 * @returns the path in the cache folder
 * @throws {DownloadError} saying how to go on without the network; the signal's reason, when it aborts
 */
export async function download(
  url: string,
  content: Content,
  context: Pick<ReadContext, 'cacheFolder' | 'progress' | 'signal'> & Partial<Pick<ReadContext, 'fetch'>>,
  patience: Patience = { tries: 4, pauseMs: 1000, stallMs: 30_000 },
): Promise<string> {
  const file = join(context.cacheFolder, content.name);
  if ((await sizeOf(file)) === content.bytes) return file;
  const part = `${file}.part`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await fetchWhole(url, part, content, { fetch: globalThis.fetch, ...context, ...patience });
    await check(url, part, content);
    await rename(part, file);
  } catch (error) {
    // Another process, which uses the same part file, may just have finished it.
    if ((await sizeOf(file)) === content.bytes) return file;
    if (error instanceof DownloadError || error instanceof NetworkSettingError || context.signal.aborted) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DownloadError(`cannot keep ${content.name} in ${context.cacheFolder} (${code ?? message}): ${WRITE}`, {
      cause: error,
    });
  }
  return file;
}

const WRITE = 'check that the folder can be written and the disk has room';

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );

type Attempt = Pick<ReadContext, 'progress' | 'signal' | 'fetch'> & Patience;

/** An error after which another try may succeed. */
class Interrupted extends Error {}

async function fetchWhole(url: string, part: string, content: Content, attempt: Attempt): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await fetchRest(url, part, content, attempt);
    } catch (error) {
      attempt.signal.throwIfAborted();
      if (!(error instanceof Interrupted)) throw error;
      if (tries >= attempt.tries)
        throw new DownloadError(
          `could not download ${url} in ${tries} tries (${error.message}): run again to continue; ${content.advice.offline}`,
          { cause: error },
        );
      await pause(attempt.pauseMs * tries, undefined, { signal: attempt.signal });
    }
  }
}

/** Requests the missing bytes and writes them in their place. */
async function fetchRest(url: string, part: string, content: Content, attempt: Attempt): Promise<void> {
  const had = await sizeOf(part);
  if (had > content.bytes) await rm(part);
  if (had === content.bytes) return;
  const have = had > content.bytes ? 0 : had;

  const stall = new AbortController();
  const { stallMs, later: wait = later } = attempt;
  const watch = () => wait(stallMs, () => stall.abort());
  let unwatch = watch();
  const signal = AbortSignal.any([attempt.signal, stall.signal]);
  try {
    const headers = { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) };
    const response = await attempt.fetch(url, { headers, signal }).catch((cause: unknown) => {
      if (cause instanceof NetworkSettingError) throw cause;
      throw new Interrupted(stall.signal.aborted ? STALLED : faultOf(cause), { cause });
    });
    const start = startOf(response, have, url, content);
    if (start === null) {
      await rm(part, { force: true });
      throw new Interrupted('the server could not continue the download');
    }
    await receive(response, part, start, content, (done) => {
      unwatch();
      unwatch = watch();
      attempt.progress({ stage: `download ${content.name}`, done, of: content.bytes, unit: 'bytes' });
    }).catch((error: unknown) => {
      throw stall.signal.aborted ? new Interrupted(STALLED) : error;
    });
  } finally {
    unwatch();
    stall.abort(); // frees a body that was not read to its end
  }
}

const STALLED = 'the server stopped answering';

/**
 * Where the bytes of this answer begin; null if the server cannot continue from there.
 *
 * @throws {DownloadError} if no further try will help
 */
function startOf(response: Response, have: number, url: string, content: Content): number | null {
  const { status } = response;
  if (status === 416) return null;
  if (status === 408 || status === 429 || status >= 500) throw new Interrupted(`the server answered ${status}`);
  if (status !== 200 && status !== 206)
    throw new DownloadError(`${url} answered ${status}: ${content.advice.address}; ${content.advice.offline}`);
  const [, from, all] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  if (status === 206 && Number(from) !== have) return null;
  const total = status === 206 ? all : response.headers.get('content-length');
  if (response.headers.has('content-encoding') || (total && total !== '*' && Number(total) !== content.bytes))
    throw new DownloadError(
      `${url} offers ${total ?? 'unknown'} bytes (${response.headers.get('content-encoding') ?? 'plain'}), but ${content.name} has ${content.bytes}: ${content.advice.address}; ${content.advice.offline}`,
    );
  return status === 206 ? have : 0;
}

/**
 * Writes by position and never truncates. So the bytes below any size of the part file are right, even if two processes
 * download at once, because each of them continued from a right beginning.
 */
async function receive(
  response: Response,
  part: string,
  start: number,
  content: Content,
  progress: (done: number) => void,
): Promise<void> {
  const handle = await open(part, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    let position = start;
    const body = response.body?.getReader();
    for (;;) {
      const next = await body?.read().catch((cause: unknown) => {
        throw new Interrupted(faultOf(cause), { cause });
      });
      if (!next || next.done) break;
      const { value } = next;
      for (let at = 0; at < value.length; )
        at += (await handle.write(value, at, value.length - at, position + at)).bytesWritten;
      position += value.length;
      progress(position);
      if (position > content.bytes) break;
    }
    await handle.sync();
    if (position < content.bytes)
      throw new Interrupted(`the connection ended after ${position} of ${content.bytes} bytes`);
  } finally {
    await handle.close();
  }
}

async function check(url: string, part: string, content: Content): Promise<void> {
  const { algorithm, hex } = content.checksum;
  const hash = createHash(algorithm === 'git' ? 'sha1' : algorithm);
  if (algorithm === 'git') hash.update(`blob ${content.bytes}\0`);
  for await (const chunk of createReadStream(part, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  const found = hash.digest('hex');
  if (found === hex) return;
  await rm(part, { force: true });
  throw new DownloadError(
    `what ${url} sent is not ${content.name}: ${algorithm} ${found}, expected ${hex}; nothing was kept. Run again, or ${content.advice.offline}`,
  );
}
