import type { Engine } from '../../projections/engine.ts';
import { type Promotion, promotions } from '../../projections/promotions.ts';
import { type Version, versions } from '../../projections/versions.ts';
import { explainVersion, type Link } from '../why/chain.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { NotFoundError, UsageError } from './not-found.ts';

export const why: Command<Workspace> = {
  name: 'why',
  summary: 'show why a version is, was, or is not in production, and check every link of the chain',
  details: 'run → data → artifact → verdict → pull request → commit → activation. Exit code 1 if a link is broken.',
  json: true,
  arguments: [
    { name: 'version', description: 'a version: 2, v2, or model@2; without it, what is in production', optional: true },
  ],
  examples: [
    ['pawl why', 'why is this in production?'],
    ['pawl why sentiment@2', 'what became of version 2?'],
  ],
  async run({ args: [wanted], workspace, out }) {
    const views = await workspace.views();
    const version = findVersion(views, workspace.config.model, wanted);
    const ports = { store: workspace.store(), artifacts: workspace.artifacts(), forge: workspace.forge() };
    const told = promotionsOf(views, version);
    const links = await explainVersion(
      { ...ports, trusted: workspace.keys().trusted, now: workspace.clock() },
      version,
      told,
    );
    out.result({ version, links }, () => describe(version, links));
    return links.every((l) => l.holds) ? 0 : 1;
  },
};

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

const promotionsOf = (views: Engine, { model, version, manifest }: Version): Promotion[] =>
  [...views.rows(promotions)]
    .filter((p) => p.model === model && p.candidate.version === version && p.candidate.manifest === manifest)
    .sort((a, b) => (a.id < b.id ? -1 : 1));

function describe(version: Version, links: readonly Link[]): string {
  const state = {
    production: 'is in production',
    superseded: 'was in production',
    rejected: 'was refused',
    proposed: 'is proposed',
  };
  const lines = links.map(({ name, holds, what, time, trouble }) => {
    const line = `${holds ? '✔' : '✘'} ${name.padEnd(12)} ${what}${time ? `  ${time}` : ''}`;
    return trouble === null ? line : `${line}\n  ${' '.repeat(12)} ${trouble}`;
  });
  return [`${version.model} v${version.version} ${state[version.status]}`, lines.join('\n')].join('\n\n');
}
