import type { Explained } from './explained.ts';

/** Every finding of the audit with what it means. A test compares it with the codes of the source. */
export const auditFindings: readonly Explained[] = [
  { codes: ['content-changed'], meaning: "An event's bytes are not those it was written with", advice: null },
  {
    codes: ['file-damaged'],
    meaning: "SQLite's own check finds the log's file damaged: put back a copy that `pawl events backup` made",
    advice: null,
  },
  {
    codes: ['link-broken', 'revision-gap', 'position-gap'],
    meaning: 'Events are missing, moved or put in',
    advice: null,
  },
  {
    codes: ['log-truncated', 'log-rewritten'],
    meaning: 'The log is shorter than, or not the one, a checkpoint on main was signed for',
    advice: null,
  },
  { codes: ['checkpoint-untrusted'], meaning: 'No trusted key signed a checkpoint on main', advice: null },
  {
    codes: ['checkpoint-key-ended'],
    meaning: 'A checkpoint came to main after `gate.json` had ended its key',
    advice: null,
  },
  {
    codes: ['checkpoint-other-registry'],
    meaning: 'A checkpoint was signed for another registry than `gate.json` names',
    advice: null,
  },
  { codes: ['checkpoint-unrecorded'], meaning: 'Warning: `pawl reconcile` records it', advice: null },
  {
    codes: ['view-differs'],
    meaning: 'A table is not what the log gives: delete the file at `events.views`',
    advice: null,
  },
  {
    codes: ['unexplained-commit'],
    meaning: 'A commit on main that no verified verdict and no change of rules explains',
    advice: null,
  },
  {
    codes: ['commit-missing', 'event-missing', 'event-repeated'],
    meaning: 'Main and the log do not tell the same story',
    advice: null,
  },
  {
    codes: ['verdict-missing', 'verdict-differs'],
    meaning:
      'The log says something else than the signed verdict, or tells measurements that nobody signed; a refusal before anything was measured needs no verdict',
    advice: null,
  },
  {
    codes: ['policy-differs', 'evaluation-differs', 'evidence-differs', 'judgement-differs'],
    meaning: 'Judged again from its evidence, a verdict does not come out the same',
    advice: null,
  },
  { codes: ['served-otherwise'], meaning: 'A server says that it served something else than main named', advice: null },
];
