import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HubApiError, modelInfo, pathsInfo } from '@huggingface/hub';
import * as z from 'zod';
import { writtenTo } from '../../../registry-repo/artifacts/receive.ts';
import { later } from '../../../registry-repo/later.ts';
import { faultOf, NetworkSettingError } from '../../../registry-repo/network/errors.ts';
import { Digest } from '../../../registry-repo/values.ts';
import { type Content, download, type Patience } from '../../data/download.ts';
import { DownloadError } from '../../errors.ts';
import type { HubAccess, TrainingContext } from '../trainer.ts';
import { WeightsError } from './errors.ts';

// The library only asks what files there are. Pawl's own download gets the bytes; it continues after an interruption
// and checks them. In the cache: hub/<id>/<commit>/<files>, with the file `complete.json` written last, and
// hub/<id>/refs/<revision>.

export type HubModel = {
  readonly folder: string;
  /** The commit that the revision named. */
  readonly commit: string;
  readonly files: readonly HubFile[];
};
type HubFile = { readonly path: string; readonly digest: Digest };

type Context = Pick<TrainingContext, 'report' | 'signal'> & { readonly cache: string; readonly hub: HubAccess };

const PATIENCE: Patience = { tries: 4, pauseMs: 1000, stallMs: 30_000 };
/** Answers about a handful of files are short. */
const MAX_ANSWER = 4 * 1024 * 1024;
const MAX_FILE = 16 * 1024 ** 3;
const NEEDED = ['config.json', 'model.safetensors'];
const TOKENIZERS = [['tokenizer.json'], ['vocab.txt', 'tokenizer_config.json']];
const OTHER_FORMS = ['model.safetensors.index.json', 'pytorch_model.bin', 'tf_model.h5'];

const Commit = z.string().regex(/^[0-9a-f]{40}$/);
const Listed = z.array(
  z.object({
    path: z.string(),
    type: z.string(),
    size: z.int().min(0).max(MAX_FILE),
    oid: z.string().regex(/^[0-9a-f]{40}$/),
    lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0).max(MAX_FILE) }).optional(),
  }),
);
type Listed = z.infer<typeof Listed>;
const Complete = z.array(z.strictObject({ path: z.enum([...NEEDED, ...TOKENIZERS.flat()]), digest: Digest }));

/** Whether a text has the form of a model's id on the hub: `name` or `owner/name`. */
export const isHubId = (text: string): boolean =>
  /^(?:[A-Za-z0-9][\w.-]{0,95}\/)?[A-Za-z0-9][\w.-]{0,95}$/.test(text) && !/--|\.\./.test(text);

/**
 * A model's files in the cache; they are downloaded first if they are not there. An interrupted download is continued.
 *
 * @param revision branch, tag or commit
 * @throws {DownloadError} the hub cannot be reached, or does not give the promised bytes
 * @throws {WeightsError} the model has no files that can be used, or is not in the cache and may not be requested
 */
export async function fetchModel(
  id: string,
  revision: string,
  context: Context,
  patience: Patience = PATIENCE,
): Promise<HubModel> {
  const home = join(context.cache, 'hub', id.replace('/', '--'));
  const ref = join(home, 'refs', encodeURIComponent(revision));
  const known = Commit.safeParse(revision).success ? revision : null;
  const cached = known ?? (context.hub.offline ? await readFile(ref, 'utf8').catch(() => null) : null);
  const commit = Commit.safeParse(cached).data ?? null;
  const before = commit && (await readComplete(join(home, commit)));
  if (commit && before) return { folder: join(home, commit), commit, files: before };
  if (context.hub.offline)
    throw new WeightsError(
      `${id} at ${revision} is not in ${context.cache}, and hub.offline is set: run once without it, or give a folder`,
    );
  const hub = new Hub(id, context, patience);
  const resolved = await hub.resolve(revision);
  const folder = join(home, resolved);
  const files = (await readComplete(folder)) ?? (await fetchFiles(hub, resolved, folder));
  if (known === null) await write(ref, resolved);
  return { folder, commit: resolved, files };
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writtenTo(file, one(Buffer.from(text)));
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The files of a model that is completely in the cache; null if it is not. */
async function readComplete(folder: string): Promise<HubFile[] | null> {
  try {
    return Complete.parse(JSON.parse(await readFile(join(folder, 'complete.json'), 'utf8')));
  } catch {
    return null;
  }
}

async function fetchFiles(hub: Hub, commit: string, folder: string): Promise<HubFile[]> {
  const listed = await hub.list(commit, [...NEEDED, ...TOKENIZERS.flat(), ...OTHER_FORMS]);
  const files: HubFile[] = [];
  for (const file of choose(hub.id, listed)) {
    const path = await hub.download(commit, file, folder);
    files.push({ path: file.path as HubFile['path'], digest: await digestOfFile(path) });
  }
  await write(join(folder, 'complete.json'), JSON.stringify(files));
  return files;
}

function choose(id: string, listed: Listed): Listed {
  const has = (path: string) => listed.some((file) => file.path === path);
  const missing = NEEDED.filter((path) => !has(path));
  const tokenizer = TOKENIZERS.find(([path]) => has(path as string));
  if (!tokenizer) missing.push('tokenizer.json or vocab.txt');
  const others = OTHER_FORMS.filter(has);
  if (missing.length > 0)
    throw new WeightsError(
      `${id} has no ${missing.join(', no ')}${others.length > 0 ? `, only ${others.join(', ')}` : ''}: save it as one safetensors file with its tokenizer and give that folder`,
    );
  const wanted = new Set([...NEEDED, ...(tokenizer as string[])]);
  return listed.filter(({ path }) => wanted.has(path)).sort((a, b) => a.size - b.size);
}

async function digestOfFile(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

const OFFLINE = 'without the network, give a Hugging Face folder, or set hub.offline for what was downloaded before';

class Hub {
  readonly id: string;
  readonly #context: Context;
  readonly #endpoint: string;
  readonly #patience: Patience;

  constructor(id: string, context: Context, patience: Patience) {
    this.id = id;
    this.#context = context;
    this.#endpoint = context.hub.endpoint.replace(/\/+$/, '');
    this.#patience = patience;
  }

  /** The commit that a revision names now. */
  async resolve(revision: string): Promise<string> {
    const { sha } = await this.#ask(revision, (options) =>
      modelInfo({ ...options, name: this.id, revision, additionalFields: ['sha'] }),
    );
    const commit = Commit.safeParse(sha).data;
    if (!commit) throw this.#nonsense();
    if (Commit.safeParse(revision).success && commit !== revision) throw this.#nonsense();
    return commit;
  }

  /** Those of the paths that exist. */
  async list(commit: string, paths: string[]): Promise<Listed> {
    const answer = await this.#ask(commit, (options) =>
      pathsInfo({ ...options, repo: { type: 'model', name: this.id }, revision: commit, paths }),
    );
    const { success, data } = Listed.safeParse(answer);
    if (!success) throw this.#nonsense();
    return data.filter(({ type, path }) => type === 'file' && paths.includes(path));
  }

  /** @returns the file's path */
  download(commit: string, { path, size, oid, lfs }: Listed[number], folder: string): Promise<string> {
    const { report, signal } = this.#context;
    const content: Content = {
      name: path,
      bytes: lfs?.size ?? size,
      checksum: lfs ? { algorithm: 'sha256', hex: lfs.oid } : { algorithm: 'git', hex: oid },
      advice: {
        address: 'check hub.endpoint; a model that is not for everyone must be downloaded by hand',
        offline: OFFLINE,
      },
    };
    const progress = ({ done }: { done: number }) => report.progress(`download ${path}`, done, content.bytes);
    const url = `${this.#endpoint}/${this.id}/resolve/${commit}/${path}`;
    return download(
      url,
      content,
      { cacheFolder: folder, progress, signal, fetch: this.#context.hub.fetch },
      this.#patience,
    );
  }

  #nonsense(): DownloadError {
    return new DownloadError(`${this.#endpoint} is no Hugging Face hub: check hub.endpoint`);
  }

  /** Tries again a few times, after errors that may pass. */
  async #ask<T>(revision: string, question: (options: { hubUrl: string; fetch: typeof fetch }) => Promise<T>) {
    const { tries, pauseMs } = this.#patience;
    const { signal } = this.#context;
    for (let attempt = 1; ; attempt++) {
      try {
        return await question({ hubUrl: this.#endpoint, fetch: this.#fetch });
      } catch (cause) {
        signal.throwIfAborted();
        if (cause instanceof NetworkSettingError) throw cause;
        const status = cause instanceof HubApiError ? cause.statusCode : null;
        if (status !== null && [400, 401, 403, 404].includes(status))
          throw new DownloadError(
            `${this.#endpoint} has no ${this.id} at ${revision} for everyone to read (it answered ${status}): check the id and the revision; ${OFFLINE}`,
            { cause },
          );
        if (attempt >= tries)
          throw new DownloadError(
            `could not ask ${this.#endpoint} about ${this.id} (${status ? `it answered ${status}` : faultOf(cause)}): run again; ${OFFLINE}`,
            { cause },
          );
        await pause(pauseMs * attempt, undefined, { signal });
      }
    }
  }

  /** Bounds of an answer's time and size; such requests need less. */
  readonly #fetch: typeof fetch = async (input, init) => {
    const { stallMs, later: wait = later } = this.#patience;
    const late = new AbortController();
    const done = wait(stallMs, () => late.abort(new Error(`no answer in ${stallMs} ms`)));
    try {
      const signal = AbortSignal.any([this.#context.signal, late.signal]);
      const response = await this.#context.hub.fetch(input, { ...init, signal });
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of response.body ?? []) {
        size += part.length;
        if (size > MAX_ANSWER) throw new RangeError('its answer has no end');
        parts.push(part);
      }
      const { status, headers } = response;
      return new Response(size > 0 ? Buffer.concat(parts) : null, { status, headers });
    } finally {
      done();
    }
  };
}
