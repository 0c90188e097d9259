/**
 * What some work costs: milliseconds of processor time of this process. A busy machine makes work late, not dearer, so this
 * tells linear work from quadratic beside any load. Work of child processes is not counted.
 */
export async function workOf(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
