import type { Recorded } from '../../../bench/recorded.ts';

/** Where the figures of a table come from: machine, day and commit. */
export function provenance(recorded: Recorded): string {
  const day = recorded.at.slice(0, 10);
  if ('transcribed' in recorded) {
    const { commit, machine } = recorded.transcribed;
    const where = machine === null ? 'The page named no machine.' : `Machine: ${machine}.`;
    return `These figures were transcribed from the page as commit ${commit.slice(0, 12)} of ${day} published it; the measured results were not kept. ${where}`;
  }
  const { cpu, processor, cores, memoryBytes, node, filesystem, commit } = recorded.machine;
  const memory = `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`;
  const code = commit === null ? '' : `, commit ${shortened(commit)}`;
  return `${cpu}, ${processor}, ${cores} cores, ${memory}, Node ${node}, ${filesystem}; ${day}${code}.${roundsOf(recorded)}`;
}

/** Without the rest of its digits; `+changes` stays. */
export const shortened = (commit: string): string => commit.replace(/^([0-9a-f]{12})[0-9a-f]*/, '$1');

function roundsOf({ benches: [{ figures }] }: Recorded): string {
  const most = Math.max(1, ...figures.map((figure) => ('rounds' in figure ? figure.rounds.length : 1)));
  return most > 1 ? ` Median of up to ${most} rounds, with minimum and maximum.` : '';
}
