import type { Version } from '../../projections/versions.ts';
import { explain } from '../operations/why.ts';
import type { Link } from '../why/chain.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const why: Command<Workspace> = {
  details: 'run → data → artifact → verdict → pull request → commit → activation. Exit code 1 if a link is broken.',
  json: true,
  arguments: [
    {
      name: 'version',
      description: 'a version: 2, v2, or model@2; default: the version in production',
      optional: true,
    },
  ],
  examples: [
    ['pawl why', 'why is this in production?'],
    ['pawl why sentiment@2', 'what became of version 2?'],
  ],
  async run({ args: [wanted], workspace, out }) {
    const { version, links } = await explain(workspace, wanted);
    out.result({ version, links }, () => describe(version, links));
    return links.every((l) => l.holds) ? 0 : 1;
  },
};

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
