import type { Need } from './identity.ts';
import type { OperationId } from './operations.ts';

const PERMISSION: readonly [RegExp, string][] = [
  [/^pulls\/merge$/, 'contents'],
  [/^pulls\//, 'pull_requests'],
  [/^issues\//, 'pull_requests'],
  [/status/, 'statuses'],
  [/ruleset|environment|deployment-branch|^repos\/update$/, 'administration'],
  [/^actions\/(?:create-workflow|list-workflow)/, 'actions'],
  [/^actions\//, 'administration'],
  [/webhook/, 'repository_hooks'],
  [/collaborator|^repos\/get$|branch-rules/, 'metadata'],
];

/** What a token and the person behind it need for an operation. */
export function needOf(id: OperationId, method: string): Need {
  const permission = PERMISSION.find(([pattern]) => pattern.test(id))?.[1] ?? 'contents';
  const reads = method === 'GET';
  const admin = permission === 'administration' || permission === 'repository_hooks';
  return {
    permissions: [permission],
    level: reads ? 'read' : 'write',
    role: reads ? 'read' : admin ? 'admin' : 'write',
  };
}
