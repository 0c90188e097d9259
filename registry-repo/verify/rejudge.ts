import { digestOf } from '../digest.ts';
import { evaluationPath } from '../evaluation-set.ts';
import { MAX_JSON_BYTES } from '../file.ts';
import type { Git } from '../git.ts';
import { type Finding, failed } from '../judge/finding.ts';
import { judge } from '../judge/judge.ts';
import { POLICY_PATH } from '../policy.ts';
import { RegistryAt } from '../registry.ts';
import { endedKeys, otherRegistry } from '../verdict/fits.ts';
import type { OpenedVerdict } from '../verdict/signed.ts';

/**
 * Judges again from what a verdict keeps, under the policy and evaluation set that it is bound to. An audit needs
 * neither the models nor the rows to see that the gate gave the only possible answer, and signed it with a key that
 * stood there.
 *
 * @returns what does not hold; nothing if everything does
 */
export async function rejudge(
  git: Git,
  { verdict, keys }: Pick<OpenedVerdict, 'verdict' | 'keys'>,
): Promise<Finding[]> {
  const { bound, evidence, model } = verdict;
  const main = new RegistryAt(git, bound.base);
  const digest = async (path: string) => (await main.stat(path)) && digestOf(await main.file(path, MAX_JSON_BYTES));
  const findings: Finding[] = [];
  if ((await digest(POLICY_PATH)) !== bound.policy)
    findings.push(failed('policy-differs', `gate.json at ${bound.base} is not the one of the verdict`));
  if ((await digest(evaluationPath(bound.evaluation.set))) !== bound.evaluation.digest)
    findings.push(failed('evaluation-differs', `the evaluation set at ${bound.base} is not the one of the verdict`));
  if (findings.length > 0) return findings;
  findings.push(...(await endedKeys(main, keys)), ...(await otherRegistry(main, verdict)));
  const set = (await main.evaluationSet(bound.evaluation.set)).value;
  const counted = set.labels.map((label) => set.perLabel[label]);
  const { evaluation } = evidence;
  if (
    evaluation.rows !== set.digest ||
    JSON.stringify([evaluation.labels, evaluation.perLabel]) !== JSON.stringify([set.labels, counted])
  )
    findings.push(failed('evidence-differs', 'the evidence is about other rows than the evaluation set pins'));
  const compared = evidence.measured !== null && evidence.measured.baseline != null;
  const unread = verdict.class === 'rollback' && !compared; // a rollback leads away from what cannot be read, too
  if (evidence.measured && !unread && compared !== (bound.baseline !== null))
    findings.push(
      failed('evidence-differs', 'the evidence has no baseline where there was one, or one where there was none'),
    );
  const again = judge({ class: verdict.class, model, policy: (await main.policy()).value, evidence });
  if (again.result !== verdict.result)
    findings.push(
      failed(
        'judgement-differs',
        `the verdict says ${verdict.result}, judged again it is ${again.result}: ${again.findings[0]?.message ?? ''}`,
      ),
    );
  return findings;
}
