/** Where an audit's files are, as a person here would type it. */
export type Places = {
  readonly events: string;
  readonly views: string;
  readonly artifacts: string;
  /** The registry's repository, or its copy here. */
  readonly registry: string;
};

/** Where nothing tells the places, they are named as the settings are. */
export const SETTINGS: Places = {
  events: 'EVENTS.PATH',
  views: 'EVENTS.VIEWS',
  artifacts: 'ARTIFACTS.PATH',
  registry: 'REGISTRY.PATH',
};

/**
 * What helps against a finding, by its code. A command in backticks is run as it is printed, but for words in capitals.
 * Where no command can decide it, it says who has to look, and at what.
 */
export const remedyFor = (code: string, places: Places): string =>
  (REMEDIES[code] ?? look('`pawl doctor` says what else is wrong here'))({
    events: inShell(places.events),
    views: inShell(places.views),
    artifacts: inShell(places.artifacts),
    registry: inShell(places.registry),
  });

const inShell = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

type Remedy = (places: Places) => string;

/** What only a person can decide. */
const look =
  (at: string): Remedy =>
  () =>
    `somebody has to look: ${at}`;

const restoreLog: Remedy = () =>
  'stop what writes the log; `pawl events restore BACKUP` with a copy that `pawl events backup BACKUP` had made, then `pawl reconcile`';

const rollBack: Remedy = () =>
  '`pawl reconcile`, then `pawl rollback --reason "WHY"` to the last version that a verdict covers; if there never was one, `pawl promote`';

const restoreArtifact: Remedy = ({ artifacts }) =>
  `\`cp -R BACKUP/. ${artifacts}\` with a copy of the store or another machine's; \`pawl artifacts verify\` checks it`;

/** A clone holds what main has; `registry init` puts back what a clone does not take along: the hook, and settings. */
const restoreRegistry: Remedy = ({ registry }) =>
  `\`mv ${registry} ${registry}.damaged\`, \`git clone --mirror CLONE ${registry}\` with a mirror clone or another copy, \`pawl registry init\`, then \`pawl reconcile\`; a copy of a forge’s registry is made again by the next command, once the folder is moved away`;

/** Commands for those who may write the registry's repository itself. At a forge, the clone is pushed there instead. */
const putBack = ({ registry }: Places): string =>
  `\`git clone ${registry} CLONE\`, \`git -C CLONE revert --no-edit COMMIT\`, \`git --git-dir ${registry} fetch CLONE main:main\`, \`pawl reconcile\``;

/** The whole commit goes, with files that it added; of a merge by hand, `git revert` also wants `-m 1`. */
const revert: Remedy = (places) =>
  `what was changed by hand is put back as it was: ${putBack(places)}; if that was production.json, \`pawl rollback --reason "WHY"\` after it, because no verdict covers a pointer that a person has put back`;

/** The hashes fit, so a program that can write the log has added it. */
const forgedLog: Remedy = (places) =>
  `another program has written this to the log; find out which, and go back to a copy from before: ${restoreLog(places)}`;

export const REMEDIES: Readonly<Record<string, Remedy>> = {
  'content-changed': restoreLog,
  'file-damaged': restoreLog,
  'link-broken': restoreLog,
  'revision-gap': restoreLog,
  'position-gap': restoreLog,
  'log-truncated': restoreLog,
  'log-rewritten': restoreLog,
  unreadable_event: restoreLog,
  malformed_file: revert,
  file_missing: revert,
  file_too_large: revert,
  forbidden_mode: revert,
  ambiguous_path: look(
    'git makes no such folder, so a program of somebody’s has; `pawl registry log` names the commit',
  ),
  'checkpoint-untrusted': (places) =>
    `if your own key signed it, \`pawl registry init\` where log.pem is writes log.pub.json again; copy that file to other machines, or name it in keys.trusted; if not, ${revert(places)}`,
  'checkpoint-key-ended': look('who signed it after the end of its key; `pawl registry log` names the commit'),
  'checkpoint-other-registry': revert,
  'checkpoint-unrecorded': () => '`pawl reconcile` records it',
  'view-differs': ({ views }) => `\`rm -f ${views} ${views}-wal ${views}-shm\`: it is built again from the log`,
  'unexplained-commit': (places) =>
    `${rollBack(places)}; what else it decides is put back as it was: ${putBack(places)}`,
  'event-missing': (places) =>
    `\`pawl reconcile\` records it; rules that were changed without a pull request are written again by \`pawl registry configure --reason "WHY"\`; anything else ${revert(places).replace(/^what/, 'that')}`,
  'commit-missing': ({ registry }) =>
    `\`git --git-dir ${registry} fetch CLONE +main:main\` with a clone that has the commits; at a forge, push them from there`,
  'repository-damaged': restoreRegistry,
  'registry-unreadable': restoreRegistry,
  git_failed: restoreRegistry,
  'event-repeated': forgedLog,
  'verdict-missing': forgedLog,
  'verdict-differs': forgedLog,
  'key-ended': look('the gate signed this with a key that main had ended'),
  'other-registry': look('the gate signed this for another registry'),
  artifact_store_unavailable: look('the store did not answer; the message says why, and `pawl doctor` where it is'),
  artifact_too_large: look('who replaced the file in the store; the message names it'),
  git_folder_refused: look('the folder of the registry belongs to another user; the message says what to run'),
  'policy-differs': look('the verdict was given under other rules than main had'),
  'evaluation-differs': look('the verdict was given on another evaluation set than main had'),
  'evidence-differs': look('the evidence of the verdict is about other rows than main pins'),
  'judgement-differs': look('the gate that signed this did not give the answer that its evidence gives'),
  'served-otherwise': look('the server that reported it ran a version that main did not name'),
  verdict_missing: rollBack,
  verdict_invalid: rollBack,
  version_revoked: rollBack,
  registry_drifted: revert,
  artifact_missing: restoreArtifact,
  artifact_corrupt: restoreArtifact,
};
