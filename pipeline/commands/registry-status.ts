import { promotions } from '../../projections/promotions.ts';
import { averagingOf, measureName } from '../../registry-repo/averaging.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import type { ModelPolicy } from '../../registry-repo/policy.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { verifyProduction } from '../../registry-repo/verify/production.ts';
import { type ServerStanding, serverStandings } from '../settled-servers.ts';
import { textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

type Line = {
  readonly model: string;
  readonly version: number;
  readonly manifest: string;
  readonly commit: string | null;
  readonly trouble: string | null;
};

export const registryStatus: Command<Workspace> = {
  details:
    'Exit code 1 if something on main cannot be verified, or if main does not continue from what a server with these settings had settled on.',
  json: true,
  examples: [['pawl registry status', 'what would a server run now?']],
  async run({ workspace, out }) {
    const forge = workspace.forge();
    const tip = await forge.sync();
    const main = new RegistryAt(forge.git, tip);
    const models: Line[] = [];
    for (const model of await main.models()) models.push(await lineOf(workspace, main, model));
    const open = [...(await workspace.views()).rows(promotions)].filter((p) => p.status === 'open');
    const rules = Object.entries((await main.policy()).value.models).map(([model, rule]) => ({ model, ...rule }));
    const servers = await serverStandings(workspace.loaded.root, forge.git, tip);
    const value = {
      location: forge.location,
      main: tip,
      models,
      servers: servers.map(shown),
      open: open.map((p) => p.id),
      rules,
    };
    out.result(value, () => describe(value));
    return models.every((m) => m.trouble === null) && servers.every((s) => s.problem === null) ? 0 : 1;
  },
};

async function lineOf(workspace: Workspace, main: RegistryAt, model: string): Promise<Line> {
  const production = (await main.production(model))?.value;
  const { version = 0, manifest = '' } = production ?? {};
  try {
    const { trusted } = workspace.keys();
    const verified = await verifyProduction({
      git: main.git,
      tip: main.commit,
      model,
      keys: trusted,
      now: workspace.clock(),
    });
    return { model, version, manifest, commit: verified.commit, trouble: null };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return { model, version, manifest, commit: null, trouble: `${error.code}: ${error.message}` };
  }
}

const shown = ({ instance, model, settled, problem }: ServerStanding) => ({
  instance,
  model,
  settled: settled?.tip ?? null,
  problem: problem?.code ?? null,
});

type Status = {
  location: string;
  main: string;
  models: readonly Line[];
  servers: readonly ReturnType<typeof shown>[];
  open: readonly string[];
  rules: readonly {
    model: string;
    evaluation: string;
    average: ModelPolicy['average'];
    positive: string | null;
    minimum: number;
    margin: number;
  }[];
};

function describe({ location, main, models, servers, open, rules }: Status): string {
  const served = models.map((m) => [m.model, `v${m.version}`, m.commit?.slice(0, 12) ?? '–', m.trouble ?? 'verified']);
  return [
    `registry ${location}\nmain at ${main}`,
    served.length > 0 ? textTable(['model', 'version', 'commit', 'state'], served) : 'nothing is in production yet',
    ...(servers.length > 0 ? [serversTable(servers)] : []),
    textTable(
      ['model', 'evaluation set', 'measure', 'minimum', 'margin'],
      rules.map((r) => [r.model, r.evaluation, measureName(averagingOf(r)), String(r.minimum), String(r.margin)]),
      [3, 4],
    ),
    open.length > 0
      ? `open promotions: ${open.join(', ')} (\`pawl reconcile\` goes on with them)`
      : 'no open promotions',
  ].join('\n\n');
}

const serversTable = (servers: Status['servers']): string =>
  textTable(
    ['server', 'model', 'settled on', 'main'],
    servers.map((s) => [s.instance, s.model, s.settled?.slice(0, 12) ?? '–', s.problem ?? 'goes on from it']),
  );
