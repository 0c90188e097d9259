import { type EventStore, wholeLog } from '../../events/store.ts';
import { collect } from '../../registry-repo/artifacts/collect.ts';
import { referencedArtifacts } from '../../registry-repo/references.ts';
import { bytes, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

const DAY_MS = 86_400_000;

export const artifactsGc: Command<Workspace> = {
  details: 'Bytes younger than the grace period stay, because a run stores its files before it records them.',
  json: true,
  flags: [
    { flags: '--dry-run', description: 'show what would be removed, remove nothing' },
    {
      flags: '--grace-days <n>',
      description: 'grace period: how long unreferenced bytes stay',
      setting: 'artifacts.graceDays',
    },
  ],
  examples: [['pawl artifacts gc --dry-run', 'what would go?']],
  async run(invocation) {
    const { workspace, out } = invocation;
    const { graceDays } = workspace.config.artifacts;
    const forge = workspace.forge();
    const referenced = await referencedByEvents(workspace.store());
    const main = await forge.git.resolve('refs/heads/main').catch(() => null);
    if (main) for (const digest of await referencedArtifacts(forge.git, main)) referenced.add(digest);
    const before = new Date(workspace.clock().getTime() - graceDays * DAY_MS);
    const dryRun = invocation.flags.dryRun === true;
    const result = await collect(workspace.artifacts(), { referenced, before, dryRun });
    out.result({ dryRun, ...result }, () => {
      const verb = dryRun ? 'would be removed' : 'removed';
      const rows = result.removed.map((a) => [a.digest, bytes(a.sizeBytes), a.storedAt.toISOString()]);
      const summary = `${result.removed.length} artifacts ${verb} (${bytes(result.bytesFreed)}), ${result.kept} kept`;
      return rows.length > 0 ? `${textTable(['digest', 'size', 'stored'], rows, [1])}\n\n${summary}` : summary;
    });
    return 0;
  },
};

/** Every digest in any event's data, whatever it is for: what an event mentions is never collected. */
export async function referencedByEvents(store: EventStore): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const page of wholeLog(store))
    for (const event of page) for (const digest of event.data.match(/sha256:[0-9a-f]{64}/g) ?? []) found.add(digest);
  return found;
}
