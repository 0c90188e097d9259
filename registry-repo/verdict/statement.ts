import { evaluationPath } from '../evaluation-set.ts';
import type { FindingKind } from '../judge/finding.ts';
import { MANIFEST_FILE, manifestPath, versionFolder } from '../manifest.ts';
import { POLICY_PATH } from '../policy.ts';
import type { Digest } from '../values.ts';
import type { Verdict } from './verdict.ts';

type Descriptor = { name: string; digest: { sha256: string } };

const descriptor = (name: string, digest: Digest): Descriptor => ({ name, digest: { sha256: digest.slice(7) } });

/**
 * A verdict in a form that other tools read: an in-toto statement with the predicate `test-result`, about the
 * candidate's files, under the policy, evaluation set and baseline. The verdict itself is its member `pawl`; everything
 * else is derived from it.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 * @see https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
 */
export function statementOf(verdict: Verdict) {
  const { bound, model, findings } = verdict;
  const codes = (...kinds: FindingKind[]) => [
    ...new Set(findings.filter((f) => kinds.includes(f.kind)).map((f) => f.code)),
  ];
  const subjects = new Map([
    ...bound.changes.map(({ path, digest }) => [path, digest] as const),
    [`${versionFolder(model, bound.candidate.version)}/${MANIFEST_FILE}`, bound.candidate.manifest],
    ...verdict.files.map(({ path, digest }) => [path, digest] as const),
  ]);
  const warned = codes('warned');
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [...subjects].map(([name, digest]) => descriptor(name, digest)),
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    predicate: {
      result: verdict.result === 'fail' ? 'FAILED' : warned.length > 0 ? 'WARNED' : 'PASSED',
      configuration: [
        descriptor(POLICY_PATH, bound.policy),
        descriptor(evaluationPath(bound.evaluation.set), bound.evaluation.digest),
        ...(bound.baseline ? [descriptor(manifestPath(model, bound.baseline.version), bound.baseline.manifest)] : []),
      ],
      passedTests: codes('passed'),
      warnedTests: warned,
      failedTests: codes('failed', 'error'),
      pawl: verdict,
    },
  };
}
