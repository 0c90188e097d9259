import { auditFindings } from './audit-findings.ts';
import { errors } from './errors.ts';
import { explainedTable } from './explained.ts';
import { gateReasons } from './gate-reasons.ts';
import { page } from './markdown.ts';

const INTRO = `Start with \`pawl doctor\`: it looks for what is missing or unsafe and says how to fix it. \`pawl reconcile\` finishes what
was left half done. You may run it at any time, as often as you like.`;

const CODES = `The command line prints \`pawl: MESSAGE [code]\` (with \`--json\` an object on standard error); the server answers with
\`code\` in a problem. Codes do not change; messages may.`;

const GATE = `The last line of \`pawl promote\` gives the reasons as \`message [code]\`; \`pawl gate NUMBER\` judges again without recording.
Each is a line of the verdict, so \`pawl events list --type GateJudged --json\` shows it too. \`fail\` means that the
candidate does not fulfil the rules. \`error\` means that the gate could not reach an answer, which blocks the merge as well. If the
candidate caused the error (its model takes too long, for example), it is refused. If the gate caused it (no folder to work in, a store
or git that fails), nothing is refused: \`pawl promote\` ends with exit code 3 and *could not judge*, the pull request stays
open, and \`pawl reconcile\` has it judged again. [whose-fault.ts](../../registry-repo/gate/whose-fault.ts) decides which it is.`;

const BASE =
  'Other reasons are error codes from above with dashes (`artifact-missing`). They start with `base-` if main is the cause.';

/** `docs/reference/errors.md`: every code that a message can end with. */
export const errorsPage = (notice: string): string =>
  page(
    '# Errors',
    notice,
    INTRO,
    '## Error codes',
    CODES,
    ...errors.map(({ title, rows }) => page(`### ${title}`, explainedTable(rows)).trimEnd()),
    '## Why the gate refused',
    GATE,
    explainedTable(gateReasons),
    BASE,
    '## What the audit found',
    explainedTable(auditFindings),
    'Error codes of log, registry and artifacts appear here too.',
  );
