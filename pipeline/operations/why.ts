import type { Version } from '../../projections/versions.ts';
import { explainVersion, type Link } from '../why/chain.ts';
import type { Workspace } from '../workspace.ts';
import { findVersion, promotionsOf } from './find.ts';

/**
 * Why a version is, was, or is not in production: every link of its chain, checked.
 *
 * @param wanted as typed: 2, v2 or model@2; without it, what is in production
 * @throws {NotFoundError} {UsageError}
 */
export async function explain(
  workspace: Workspace,
  wanted: string | undefined,
): Promise<{ version: Version; links: readonly Link[] }> {
  const views = await workspace.views();
  const version = findVersion(views, workspace.config.model, wanted);
  const ports = { store: workspace.store(), artifacts: workspace.artifacts(), forge: workspace.forge() };
  const known = { ...ports, trusted: workspace.keys().trusted, now: workspace.clock() };
  return { version, links: await explainVersion(known, version, promotionsOf(views, version)) };
}
