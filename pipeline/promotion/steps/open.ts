import type { Promotion } from '../../../projections/promotions.ts';
import { branchName, buildCommit } from '../branch.ts';
import { reportFacts } from '../merged.ts';
import type { PromotionPorts } from '../promotion-ports.ts';
import { pullRequestBody, pullRequestTitle } from '../report.ts';
import type { Outcome } from './outcome.ts';

/** Pushes the candidate's branch and opens its pull request, or finds both. */
export async function open(ports: PromotionPorts, promotion: Promotion): Promise<Outcome> {
  const { forge } = ports;
  const base = await forge.sync();
  const branch = branchName(promotion);
  const head = await buildCommit({ ...ports, git: forge.git }, promotion, base);
  await forge.pushBranch(branch, head, await forge.branch(branch));
  const facts = await reportFacts(ports, promotion, base);
  const labels = [promotion.class];
  const opened = await forge.openPullRequest({
    branch,
    title: pullRequestTitle(facts),
    body: pullRequestBody(facts),
    labels,
  });
  ports.say(`pull request ${opened.url}: ${opened.title}`);
  const { number, url } = opened;
  return [{ type: 'PullRequestOpened', data: { promotionId: promotion.id, number, url, branch, head, base } }];
}
