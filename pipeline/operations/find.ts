import type { Engine } from '../../projections/engine.ts';
import { type Promotion, promotions } from '../../projections/promotions.ts';
import { type Run, runs } from '../../projections/runs.ts';
import { type Version, versions } from '../../projections/versions.ts';
import { NotPromotableError } from '../promotion/decide.ts';
import { NotFoundError, pick, UsageError } from './not-found.ts';

/** @throws {NotFoundError} suggesting similar ids */
export function findRun(views: Engine, wanted: string): Run {
  const exact = views.get(runs, wanted);
  if (exact) return exact;
  const id = pick(
    'run',
    wanted,
    [...views.rows(runs)].map((r) => r.id),
    'pawl runs list',
  );
  return views.get(runs, id) as Run;
}

/** The run whose completion stands last in the log. @throws {NotPromotableError} */
export function lastCompleted(all: readonly Run[], model: string): Run {
  const completed = all.filter((r) => r.status === 'completed' && r.model === model);
  const last = completed.toSorted((a, b) => (b.endPosition ?? 0) - (a.endPosition ?? 0))[0];
  if (last) return last;
  throw new NotPromotableError(`no run of ${model} has completed: start one with \`pawl train\``);
}

/** @throws {NotFoundError} {UsageError} */
export function findVersion(views: Engine, model: string, wanted: string | undefined): Version {
  const all = [...views.rows(versions)];
  if (wanted === undefined) {
    const serving = all.find((v) => v.model === model && v.status === 'production');
    if (serving) return serving;
    throw new NotFoundError('version in production of', model, [], 'pawl registry status');
  }
  const [, named = model, number] = /^(?:([a-z0-9-]+)@)?v?(\d{1,10})$/.exec(wanted) ?? [];
  if (number === undefined) throw new UsageError(`"${wanted}" is no version: write 2, v2 or ${model}@2`);
  const found = all.find((v) => v.model === named && v.version === Number(number));
  if (found) return found;
  throw new NotFoundError(
    'version',
    `${named}@${number}`,
    all.map((v) => `${v.model}@${v.version}`),
    'pawl registry status',
  );
}

/** What was recorded about the promotions of a version, by id. */
export const promotionsOf = (views: Engine, { model, version, manifest }: Version): Promotion[] =>
  [...views.rows(promotions)]
    .filter((p) => p.model === model && p.candidate.version === version && p.candidate.manifest === manifest)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
