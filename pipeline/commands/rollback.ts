import { UsageError } from '../operations/not-found.ts';
import { rollBack } from '../operations/rollback.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { wholeNumber } from './numbers.ts';
import { describe, exitCode, summary } from './promote.ts';

export const rollback: Command<Workspace> = {
  details:
    'The target needs no better F1, but it must have been in production and must not be revoked. Exit code 1 if the gate refuses.',
  json: true,
  flags: [
    { flags: '--to <version>', description: 'the version; default: the previous one' },
    { flags: '--reason <text>', description: 'why; kept in the log and in the registry’s history' },
    { flags: '--model <name>', description: 'the model', setting: 'model' },
    { flags: '--no-wait', description: 'do not wait for a gate or a person elsewhere' },
  ],
  examples: [['pawl rollback --reason "complaints about short texts"', 'to the version before']],
  async run(invocation) {
    const { workspace, out, signal } = invocation;
    const reason = text(invocation, 'reason')?.trim();
    if (!reason) throw new UsageError('say why: --reason "…"');
    const wanted = text(invocation, 'to');
    const to = wanted === undefined ? null : wholeNumber(wanted.replace(/^v/, ''), '--to', 0);
    const ended = await rollBack(workspace, { to, reason }, (line) => out.say(line), {
      signal,
      ...(invocation.flags.wait === false ? { waitMs: 0 } : {}),
    });
    if (ended.kind === 'done') {
      out.result(
        { status: 'in-production', version: ended.version },
        () => `v${ended.version} is in production already`,
      );
      return 0;
    }
    out.result(summary(ended.promotion), () => describe(ended.promotion));
    return exitCode(ended.promotion);
  },
};
