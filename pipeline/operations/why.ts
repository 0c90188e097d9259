import type { Version } from '../../projections/versions.ts';
import { explainVersion, type Link } from '../why/chain.ts';
import type { Forging, Recording, Settings, Storing, Trusting, Viewing } from '../world.ts';
import { findVersion, promotionsOf } from './find.ts';

/**
 * Why a version is, was, or is not in production: every link of its chain, checked.
 *
 * @param wanted as typed: 2, v2 or model@2; without it, what is in production
 * @throws {NotFoundError} {UsageError}
 */
export async function explain(
  world: Settings & Recording & Viewing & Storing & Forging & Trusting,
  wanted: string | undefined,
): Promise<{ version: Version; links: readonly Link[] }> {
  const views = await world.views();
  const version = findVersion(views, world.config.model, wanted);
  const ports = { store: world.store(), artifacts: world.artifacts(), forge: world.forge() };
  const known = { ...ports, trusted: world.keys().trusted, now: world.clock() };
  return { version, links: await explainVersion(known, version, promotionsOf(views, version)) };
}
