import type { Need } from './identity.ts';
import type { OperationId } from './operations.ts';

/** By GitHub's "Permissions required for GitHub Apps"; the first line that fits counts. */
const READS: readonly [RegExp, string][] = [
  [/ruleset|branch-rules|collaborator|^repos\/get$/, 'metadata'],
  [/environment|deployment-branch|list-workflow/, 'actions'],
];
const BOTH: readonly [RegExp, string][] = [
  [/^pulls\/merge$/, 'contents'],
  [/^pulls\//, 'pull_requests'],
  [/^issues\//, 'issues|pull_requests'],
  [/status/, 'statuses'],
  [/ruleset|environment|deployment-branch|^repos\/update$/, 'administration'],
  [/^actions\/create-workflow/, 'actions'],
  [/^actions\//, 'administration'],
  [/webhook/, 'repository_hooks'],
];
/** What everyone who can see a repository may write there. */
const OPEN = /^(?:pulls\/create|pulls\/create-review|issues\/create-comment)$/;

/** The requirements of an operation on a token and the person behind it. */
export function needOf(id: OperationId, method: string): Need {
  const reads = method === 'GET';
  const lines = reads ? [...READS, ...BOTH] : BOTH;
  const permissions = (lines.find(([pattern]) => pattern.test(id))?.[1] ?? 'contents').split('|');
  const admin = permissions.some((p) => p === 'administration' || p === 'repository_hooks');
  return {
    permissions,
    level: reads ? 'read' : 'write',
    role: admin ? 'admin' : reads || OPEN.test(id) ? 'read' : 'write',
  };
}
