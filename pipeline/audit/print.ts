import { code, plain, table } from '../markdown.ts';
import { textTable } from '../table.ts';
import type { AuditReport } from './audit.ts';
import type { Finding } from './findings.ts';
import { type Places, remedyFor, SETTINGS } from './remedies.ts';

/** Prints the report for a terminal. */
export function printText(report: AuditReport, places: Places = SETTINGS): string {
  const { passed, position, main, checks, findings } = report;
  const rows = checks.map((c) => [c.findings.some((f) => f.severity === 'error') ? '✘' : '✔', c.check, c.looked]);
  const head = `audit ${passed ? 'passed' : 'FAILED'}: ${position} events${main ? `, main at ${main.slice(0, 12)}` : ''}`;
  const found = findings.map((f) => [f.severity, f.code, f.subject, f.message, f.since ?? '']);
  return [
    head,
    rows.map(([mark, check = '', looked]) => `${mark} ${check.padEnd(12)} ${looked}`).join('\n'),
    ...(findings.length > 0
      ? [textTable(['severity', 'finding', 'where', 'what', 'since'], found), remediesOf(findings, places).join('\n')]
      : []),
  ].join('\n\n');
}

/** What to do, once for each kind of finding that is an error, or that a command mends. */
const remediesOf = (findings: AuditReport['findings'], places: Places): string[] =>
  [...new Set(findings.filter(isOpen).map((f) => f.code))].map((each) => `→ ${each}: ${remedyFor(each, places)}`);

const isOpen = ({ severity, code: of }: Finding): boolean => severity === 'error' || of === 'checkpoint-unrecorded';

/** Prints the report for a pull request or a ticket. */
export function printMarkdown(report: AuditReport, places: Places = SETTINGS): string {
  const { passed, position, main, at, checks, findings } = report;
  const rows = checks.map((c) => [
    c.findings.some((f) => f.severity === 'error') ? '✘' : '✔',
    plain(c.check),
    plain(c.looked),
  ]);
  return [
    `# Audit ${passed ? 'passed' : 'failed'}`,
    `${at}: ${position} events${main ? `, main at ${code(main)}` : ''}.`,
    table([['', 'check', 'what was looked at'], ...rows]),
    ...(findings.length > 0
      ? [
          table([
            ['severity', 'finding', 'where', 'what', 'since'],
            ...findings.map((f) => [f.severity, code(f.code), code(f.subject), plain(f.message, 500), f.since ?? '–']),
          ]),
          ...remediesOf(findings, places).map((line) => plain(line, 1000)),
        ]
      : ['No findings.']),
  ].join('\n\n');
}
