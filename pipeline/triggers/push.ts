import * as z from 'zod';
import { PawlError } from '../../events/errors.ts';
import type { TrainingRepository } from '../source/repository.git.ts';
import { webAddress } from '../web-address.ts';
import type { Pushed } from './record.ts';

/** The run is to be recorded as caused by a push, but nothing tells which. */
export class PushUnknownError extends PawlError {
  readonly code = 'push_unknown';
}

/** Variables with which GitHub Actions, and compatible servers, describe the push that started a job. */
const Job = z.object({
  GITHUB_SERVER_URL: webAddress('give none').default('https://github.com'),
  GITHUB_REPOSITORY: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, 'is not owner/name'),
  GITHUB_REF_TYPE: z.literal('branch', 'is not branch: only those start runs').default('branch'),
  GITHUB_REF_NAME: z.string().min(1).max(300),
  GITHUB_SHA: z.string().regex(/^[0-9a-f]{40,64}$/, 'is no commit'),
});

/**
 * The push that a run is caused by: the one that started this job of GitHub Actions, else what is checked out.
 *
 * @param env the process's environment
 * @throws {PushUnknownError}
 */
export async function pushTrigger(
  env: Readonly<Record<string, string | undefined>>,
  repository: Pick<TrainingRepository, 'head'>,
): Promise<Pushed> {
  return env.GITHUB_ACTIONS === 'true' ? fromJob(env) : fromCheckout(repository);
}

function fromJob(env: Readonly<Record<string, string | undefined>>): Pushed {
  const { success, data: job, error } = Job.safeParse(env);
  if (!success) {
    const wrong = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new PushUnknownError(`this job of GitHub Actions does not say which push it is for: ${wrong}`, {
      cause: error,
    });
  }
  const repository = `${job.GITHUB_SERVER_URL.replace(/\/$/, '')}/${job.GITHUB_REPOSITORY}`;
  return { kind: 'push', repository, branch: job.GITHUB_REF_NAME, commit: job.GITHUB_SHA };
}

async function fromCheckout(repository: Pick<TrainingRepository, 'head'>): Promise<Pushed> {
  const head = await repository.head();
  if (head) return { kind: 'push', ...head };
  throw new PushUnknownError(
    'no push to be seen: run this in a job of GitHub Actions or in a git checkout of a branch, or leave out --trigger',
  );
}
