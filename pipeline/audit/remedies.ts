import type { Finding } from './findings.ts';

/** What to do about a finding: a command in backticks is meant to be run as it is printed, but for its capitals. */
export type Remedy = string;

const RESTORE_LOG =
  'stop what writes the log, put back a copy that `pawl events backup` made, and run `pawl reconcile`; without a copy, somebody has to look at what is lost';
const LOOK = 'somebody has to look:';
const ROLL_BACK =
  'run `pawl rollback --reason "WHY"`, which goes back to the last version that a verdict covers; where none was ever covered, `pawl promote` puts one above it';
const ARTIFACT = 'put its file back into the store from a backup or another machine; `pawl artifacts verify` checks it';
const KEYS = `${LOOK} add the key that signed it to keys.trusted if it is one of yours, with \`pawl config\` to see which count`;

/** What helps against each finding. Where no command can decide it, the remedy says who has to look, and at what. */
export const REMEDIES: Readonly<Record<string, Remedy>> = {
  'content-changed': RESTORE_LOG,
  'file-damaged': RESTORE_LOG,
  'link-broken': RESTORE_LOG,
  'revision-gap': RESTORE_LOG,
  'position-gap': RESTORE_LOG,
  'log-truncated': RESTORE_LOG,
  'log-rewritten': RESTORE_LOG,
  'checkpoint-untrusted': KEYS,
  'checkpoint-key-ended': `${LOOK} who signed it after the end of its key, with \`pawl registry log\``,
  'checkpoint-other-registry': `${LOOK} who copied it from another registry, with \`pawl registry log\``,
  'checkpoint-unrecorded': 'run `pawl reconcile`, which records it',
  'view-differs': 'delete the file at events.views: it is built again from the log',
  'unexplained-commit': `run \`pawl reconcile\`, which records it; then ${ROLL_BACK}. What else it changed must be put back as it was, by those who may push to main`,
  'event-missing':
    'run `pawl reconcile`, which records it; rules that were changed without a pull request are written again by `pawl registry configure --reason "WHY"`',
  'commit-missing': `${LOOK} who moved main back, with \`pawl registry log\`; push the missing commits from a clone that has them`,
  'event-repeated': `${LOOK} two processes have recorded one commit, which the log’s own rules forbid`,
  'verdict-missing': `${LOOK} the log says that something was measured, and no gate has signed it`,
  'verdict-differs': `${LOOK} the log and the signed verdict contradict each other, and the verdict counts`,
  'policy-differs': `${LOOK} the verdict was given under other rules than main had`,
  'evaluation-differs': `${LOOK} the verdict was given on another evaluation set than main had`,
  'evidence-differs': `${LOOK} the verdict’s evidence is about other rows than main pins`,
  'judgement-differs': `${LOOK} the gate that signed this did not give the answer that its evidence gives`,
  'served-otherwise': `${LOOK} at the server that reported it: it ran a version that main did not name`,
  verdict_missing: ROLL_BACK,
  verdict_invalid: ROLL_BACK,
  version_revoked: ROLL_BACK,
  registry_drifted: ROLL_BACK,
  artifact_missing: ARTIFACT,
  artifact_corrupt: ARTIFACT,
};

export const remedyFor = ({ code }: Pick<Finding, 'code'>): Remedy =>
  REMEDIES[code] ?? `${LOOK} ${'`pawl doctor`'} says what it can`;
