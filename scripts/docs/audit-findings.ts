import type { Explained } from './explained.ts';

/** Every finding of the audit with what it means. A test compares it with the codes of the source. */
export const auditFindings: readonly Explained[] = [
  { codes: ['content-changed'], meaning: "An event's bytes are not the bytes that were written", advice: null },
  {
    codes: ['file-damaged'],
    meaning:
      "SQLite's own check finds the log's file damaged: put back a copy that `pawl events backup` made, with `pawl events restore`",
    advice: null,
  },
  {
    codes: ['link-broken', 'revision-gap', 'position-gap'],
    meaning: 'Events are missing, moved or inserted',
    advice: null,
  },
  {
    codes: ['log-truncated', 'log-rewritten'],
    meaning: 'The log is shorter than the log that a checkpoint on main was signed for, or another log',
    advice: null,
  },
  {
    codes: ['log-restored'],
    meaning:
      'Warning: the log lost events that a checkpoint on main was signed for; it went on from an older copy, and records what it lost',
    advice: null,
  },
  { codes: ['checkpoint-untrusted'], meaning: 'No trusted key signed a checkpoint on main', advice: null },
  {
    codes: ['checkpoint-key-ended'],
    meaning: 'A checkpoint was committed to main after `gate.json` had ended its key',
    advice: null,
  },
  {
    codes: ['checkpoint-other-registry'],
    meaning: 'A checkpoint was signed for a registry other than the one that `gate.json` names',
    advice: null,
  },
  {
    codes: ['checkpoint-unrecorded'],
    meaning: 'Warning: a checkpoint on main is not in the log; `pawl reconcile` records it',
    advice: null,
  },
  {
    codes: ['view-differs'],
    meaning: 'A view differs from what the log gives: delete the file at `events.views`',
    advice: null,
  },
  {
    codes: ['unexplained-commit'],
    meaning:
      'Main was tampered with: no verified verdict and no change of rules explains a commit. A warning once the log has recorded it and nothing of it is left on main',
    advice: null,
  },
  {
    codes: ['commit-missing', 'event-missing', 'event-repeated'],
    meaning: 'Main and the log have diverged',
    advice: null,
  },
  {
    codes: ['repository-damaged'],
    meaning: "Git's own check finds an object or a ref of the registry missing or damaged",
    advice: null,
  },
  { codes: ['registry-unreadable'], meaning: 'There was a registry, and its main cannot be read', advice: null },
  {
    codes: ['verdict-missing', 'verdict-differs'],
    meaning:
      'Verdict mismatch: the log differs from the signed verdict, or has measurements without a signed verdict; a refusal before anything was measured needs no verdict',
    advice: null,
  },
  {
    codes: ['policy-differs', 'evaluation-differs', 'evidence-differs', 'judgement-differs'],
    meaning: 'Verdict mismatch: judging again from the evidence gives another result',
    advice: null,
  },
  {
    codes: ['served-otherwise'],
    meaning: 'A server reports that it served a version other than the one that main named',
    advice: null,
  },
];
