import type { Promotion } from '../../../projections/promotions.ts';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import { misfits } from '../../../registry-repo/verdict/fits.ts';
import type { PullRequest } from '../../forge/forge.ts';
import { mergeOnVerdict, stillOpen } from '../merge.ts';
import type { SignedVerdict } from '../pass.ts';
import { knownVerdict, ownVerdict } from './known.ts';
import { mergedAs } from './merged-as.ts';
import { movedFacts, rebase } from './moved.ts';
import { numberOf, type Outcome, type StepPorts, supersededBy } from './outcome.ts';
import { reject, show } from './reject.ts';

/** Merges what passed, or waits for the workflow that merges. */
export async function merge(ports: StepPorts, promotion: Promotion, newer: Promotion | null): Promise<Outcome> {
  const { forge, gate } = ports;
  const pull = await forge.pullRequest(numberOf(promotion));
  const moved = await movedFacts(ports, promotion, pull, newer);
  if (moved) return moved;
  const known = await knownVerdict(ports, promotion, pull);
  const judged = known ?? (await ownVerdict(ports, promotion));
  if (gate.kind === 'workflow') return awaitMerge(ports, promotion, pull, { judged, newer, asks: gate.askMs });
  await show(ports, promotion, pull);
  const outcome = await mergeOnVerdict(ports, pull, judged);
  switch (outcome.kind) {
    case 'merged':
      return mergedAs(ports, promotion, pull, outcome.commit);
    case 'moved':
      return []; // the next step decides
    case 'void':
      ports.say(`main has moved (${outcome.reasons.join(', ')}): judging again`);
      return rebase(ports, promotion, pull);
    case 'unapproved':
      return newer ? reject(ports, promotion, 'superseded', supersededBy(newer)) : 'unapproved';
    case 'refused':
      return reject(ports, promotion, 'abandoned', [{ code: 'merge-not-allowed', message: outcome.message }]);
  }
}

/** The workflow that judged also merges. It may have been stopped in between, or wait for people. */
async function awaitMerge(
  ports: StepPorts,
  promotion: Promotion,
  pull: PullRequest,
  { judged, newer, asks }: { judged: SignedVerdict; newer: Promotion | null; asks: number | null },
): Promise<Outcome> {
  const { forge, clock, asked } = ports;
  const base = await forge.sync();
  const main = new RegistryAt(forge.git, base);
  if ((await misfits(judged, main)).length > 0)
    return (await stillOpen(forge, pull)) ? rebase(ports, promotion, pull) : [];
  const waits = (await main.policy()).value.merge === 'after-approval';
  const approved = !waits || (await forge.approvals(pull.number, pull.head)).length > 0;
  if (!approved) return newer ? reject(ports, promotion, 'superseded', supersededBy(newer)) : 'unapproved';
  const key = `merge ${pull.head}`;
  const now = clock().getTime();
  const last = asked.get(key) ?? now;
  asked.set(key, last);
  if (asks !== null && now - last >= asks) {
    await forge.requestGate({ number: pull.number, head: pull.head });
    asked.set(key, now);
  }
  return 'waiting';
}
