import type { Forge, PullRequest } from '../forge/forge.ts';
import { pullRequestBody, pullRequestTitle, type ReportFacts } from './report.ts';

/**
 * Shows a judgement to people: in the pull request's text and labels, and in a comment, which notifies them. No program
 * reads it back.
 */
export async function showJudgement(forge: Forge, pull: PullRequest, facts: ReportFacts): Promise<void> {
  const body = pullRequestBody(facts);
  const result = facts.judged?.result;
  const others = pull.labels.filter((l) => !l.startsWith('gate:'));
  const labels = result ? [...others, `gate:${result === 'pass' ? 'passed' : 'failed'}`] : others;
  await forge.updatePullRequest(pull.number, { title: pullRequestTitle(facts), body, labels });
  await forge.comment(pull.number, { marker: 'pawl-gate', body: body.split('\n\n### ')[0] as string });
}
