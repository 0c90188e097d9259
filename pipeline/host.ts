/** One sentence for a user who starts Pawl in a runtime other than plain Node; null in Node. */
export function unsupportedHost(versions: Readonly<Record<string, string | undefined>>): string | null {
  if (versions.bun !== undefined)
    return 'Pawl runs on Node, not on Bun, which lacks parts of it: start it with `node`, or with `bun run pawl` without `--bun`.';
  if (versions.pnp !== undefined)
    return "Pawl does not run under Yarn Plug'n'Play, which cannot flush a file to the disk: put `nodeLinker: node-modules` into .yarnrc.yml and run `yarn install` again.";
  return null;
}
