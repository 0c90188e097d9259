import { serverStream } from '../../events/streams.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { nothingSettled, type Settled, SettledUnreadableError } from '../../registry-repo/settled/settled.ts';
import { UsageError } from '../operations/not-found.ts';
import { handle } from '../record.ts';
import { contradiction, settledOf } from '../settled-servers.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, type Invocation, text } from './command.ts';

export const registryAcceptMain: Command<Workspace> = {
  details:
    'Main only moves forward. A server refuses main if its line of first parents does not hold the last commit that the server settled on (main_moved_back), if a version number has another content, or if the version was ever revoked. The server then keeps the version it has. If main is right (it was restored from a backup, for example), this command makes the server accept main as it is now, and records that with the reason. Revocations stay, except those of --lift. Run it on the server’s machine, with the same settings.',
  json: true,
  flags: [
    { flags: '--reason <text>', description: 'why main is right; kept in the log' },
    { flags: '--lift <manifest>', description: 'digest of a manifest that may serve again', repeatable: true },
    { flags: '--instance <name>', description: 'name of the server', setting: 'server.instance' },
    { flags: '--model <name>', description: 'the model', setting: 'model' },
  ],
  examples: [
    ['pawl registry accept-main --reason "restored from the backup of Tuesday"', 'after main was moved on purpose'],
  ],
  async run(invocation) {
    const { workspace, out } = invocation;
    const reason = text(invocation, 'reason')?.trim();
    if (!reason) throw new UsageError('say why main is right: --reason "…"');
    const { model, server } = workspace.config;
    const forge = workspace.forge();
    const tip = await forge.sync();
    const store = settledOf(workspace.loaded.root, server.instance, model);
    const before = await readOr(store.read);
    if (before === null)
      throw new UsageError(
        `no server ${server.instance} of ${model} has settled on anything here, so it takes main as it is: see --instance and --model, and \`pawl registry status\``,
      );
    const main = new RegistryAt(forge.git, tip);
    const { revoked } = (await main.policy()).value;
    const lifted = liftedOf(invocation, before, revoked);
    if (before !== 'unreadable' && lifted.length === 0 && (await contradiction(before, main)) === null) {
      out.result({ changed: false, commit: tip }, () => `main at ${tip} goes on from ${before.tip}: nothing to accept`);
      return 0;
    }
    const last = before === 'unreadable' ? null : before.tip;
    const data = { model, commit: tip, before: last, lifted, reason };
    const commandId = `accept-main:${workspace.newId()}`;
    await handle(
      { store: workspace.store(), clock: workspace.clock, command: workspace.command },
      serverStream(server.instance),
      () => ({
        commandId,
        facts: [{ type: 'MainAccepted', data }],
      }),
    );
    const held = before === 'unreadable' ? revoked : before.revoked.filter((manifest) => !lifted.includes(manifest));
    await store.write({ ...nothingSettled(model), tip, revoked: [...new Set([...held, ...revoked])] });
    out.result(
      { changed: true, ...data },
      () =>
        `server ${server.instance} takes main at ${tip} for ${model}\nnext: it looks again within server.pollMs; GET /health/ready shows whether it follows`,
    );
    return 0;
  },
};

/** A state that cannot be read is one reason for this command. It is not the same as having none. */
async function readOr(read: () => Promise<Settled | null>): Promise<Settled | null | 'unreadable'> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SettledUnreadableError) return 'unreadable';
    throw error;
  }
}

function liftedOf(
  { flags }: Invocation<Workspace>,
  before: Settled | 'unreadable',
  revoked: readonly string[],
): string[] {
  const lift = [flags.lift ?? []].flat().map(String);
  for (const manifest of lift) {
    if (revoked.includes(manifest))
      throw new UsageError(`gate.json on main revokes ${manifest}: first take it out there, by a reviewed change`);
    if (before === 'unreadable' || !before.revoked.includes(manifest))
      throw new UsageError(`the server has never seen ${manifest} revoked: --lift takes a digest, sha256:…`);
  }
  return [...new Set(lift)];
}
