import type { EventData } from '../../../events/catalogue.ts';
import type { Promotion } from '../../../projections/promotions.ts';
import type { GateJudgement } from '../../../registry-repo/gate/gate.ts';
import { couldNotJudge } from '../../../registry-repo/gate/whose-fault.ts';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import type { ObjectId } from '../../../registry-repo/values.ts';
import { misfits } from '../../../registry-repo/verdict/fits.ts';
import type { PullRequest } from '../../forge/forge.ts';
import { CHANGED } from '../decide.ts';
import { answerData, errorData, refusedData, verdictData } from '../judged.ts';
import { AGAIN, COULD_NOT, GATE_CONTEXT, JUDGING } from '../merge.ts';
import { knownVerdict } from './known.ts';
import { mergedElsewhere } from './merged-as.ts';
import { byHand, isStale, movedFacts, rebase } from './moved.ts';
import { numberOf, type Outcome, type StepPorts, supersededBy } from './outcome.ts';
import { reject } from './reject.ts';

/**
 * Gets the pull request judged: takes a verdict that is there, judges in this process, or asks the registry's workflow.
 */
export async function judge(ports: StepPorts, promotion: Promotion, newer: Promotion | null): Promise<Outcome> {
  const { forge, gate, artifacts } = ports;
  const pull = await forge.pullRequest(numberOf(promotion));
  const base = await forge.sync();
  const known = await knownVerdict(ports, promotion, pull);
  if (known) {
    const { verdict, bytes } = known;
    const fits = verdict.result === 'fail' || (await misfits(known, new RegistryAt(forge.git, base))).length === 0;
    if (fits || pull.state === 'merged') {
      await artifacts.put(bytes);
      return [{ type: 'GateJudged', data: await verdictData(forge.git, known) }];
    }
  }
  if (pull.state === 'merged' && gate.kind === 'here') return judgeMerged(ports, promotion, pull);
  const moved = await movedFacts(ports, promotion, pull, newer);
  if (moved) return moved;
  if (gate.kind === 'workflow') return askAndWait(ports, promotion, pull, { newer, base, asks: gate.askMs });
  await forge.setStatus(pull.head, { context: GATE_CONTEXT, state: 'pending', description: JUDGING });
  const { judgement, verdict } = await gate.judge({
    head: pull.head,
    base,
    pullRequest: pull.number,
    reason: promotion.reason,
  });
  if (isOfAnother(promotion, judgement)) return reject(ports, promotion, 'abandoned', [CHANGED]);
  if (judgement.result === 'stale') return rebase(ports, promotion, pull);
  if (verdict) await artifacts.put(verdict);
  const data = answerData(promotion, judgement, judgement.result);
  if (couldNotJudge(data)) {
    const description = `${COULD_NOT}: ${data.reasons[0]?.message ?? ''}`.slice(0, 140);
    await forge.setStatus(pull.head, { context: GATE_CONTEXT, state: 'error', description });
  }
  return judgedAs(promotion, data);
}

/**
 * A person has merged it before it was judged. It is judged all the same, against main as it was just before: if it
 * passes, its verdict covers the merge; if not, the promotion ends here, with what to do about main.
 */
async function judgeMerged(ports: StepPorts, promotion: Promotion, pull: PullRequest): Promise<Outcome> {
  const { forge, gate, artifacts } = ports;
  const commit = pull.mergeCommit;
  const [base] = commit === null ? [] : (await forge.git.commit(commit)).parents;
  if (gate.kind !== 'here' || base === undefined) return (await movedFacts(ports, promotion, pull, null)) ?? [];
  const already = await mergedElsewhere(ports, promotion, pull, commit as ObjectId);
  if (typeof already !== 'string') return already;
  const { judgement, verdict } = await gate.judge({
    head: pull.head,
    base,
    pullRequest: pull.number,
    reason: promotion.reason,
  });
  const refused = async (why: string) => reject(ports, promotion, 'closed', [byHand(pull, why)]);
  if (isOfAnother(promotion, judgement) || judgement.result === 'stale') return refused(already);
  if (verdict) await artifacts.put(verdict);
  const data = answerData(promotion, judgement, judgement.result);
  if (data.result === 'pass' || couldNotJudge(data)) return judgedAs(promotion, data);
  const why = `the gate says: ${data.reasons.map((r) => r.message).join('; ')}`;
  return [{ type: 'GateJudged', data }, ...(await refused(why))];
}

/** Recorded once: a machine that is broken for a week does not fill the log. */
function judgedAs({ judged }: Promotion, data: EventData<'GateJudged'>): Outcome {
  const said = ({ result, head, base, reasons }: EventData<'GateJudged'>) =>
    JSON.stringify([result, head, base, reasons.map((r) => r.code)]);
  const same = judged !== null && couldNotJudge(data) && said(judged) === said(data);
  return same ? 'unjudged' : [{ type: 'GateJudged', data }];
}

/**
 * Another person has pushed something else to the branch. The gate's answer on that is no answer on what was proposed.
 */
const isOfAnother = (promotion: Promotion, { promotionId, class: kind }: GateJudgement): boolean =>
  (promotionId !== null && promotionId !== promotion.id) || (kind !== null && kind !== promotion.class);

async function askAndWait(
  ports: StepPorts,
  promotion: Promotion,
  pull: PullRequest,
  { newer, base, asks }: { newer: Promotion | null; base: ObjectId; asks: number | null },
): Promise<Outcome> {
  const { forge, clock, asked, saidBefore } = ports;
  if (newer) return reject(ports, promotion, 'superseded', supersededBy(newer));
  const said = (await forge.statuses(pull.head)).find((s) => s.context === GATE_CONTEXT);
  const told = { head: pull.head, base, why: said?.description ?? '' };
  if (said?.state === 'failure') {
    await forge.sync(); // a verdict is there before the status that links to it
    if (await knownVerdict(ports, promotion, pull)) return [];
    return [{ type: 'GateJudged', data: refusedData(promotion, told) }];
  }
  const unjudged = said?.state === 'error' && said.description.startsWith(COULD_NOT);
  const last = asked.get(pull.head);
  if (unjudged && last === undefined && promotion.judged) saidBefore.set(pull.head, said.description);
  if (said?.state === 'error' && said.description !== saidBefore.get(pull.head))
    return judgedAs(promotion, errorData(promotion, told, unjudged));
  if (await isStale(ports, promotion, pull, base)) return rebase(ports, promotion, pull);
  const now = clock().getTime();
  const again = said?.state === 'pending' && said.description.startsWith(AGAIN); // a forge starts no second run beside one
  if (asks === null) {
    if (last === undefined) ports.say(`${pull.url} waits for the machine that runs \`pawl gate watch\``);
    asked.set(pull.head, now);
  } else if (last === undefined || now - last >= asks || again) {
    await forge.requestGate({ number: pull.number, head: pull.head });
    if (last === undefined) ports.say(`asked the registry’s gate to judge ${pull.url}`);
    asked.set(pull.head, now);
  }
  return 'waiting';
}
