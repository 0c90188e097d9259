import type { ServedModel } from './served.ts';

/** Headers that name the version that answered, so that any answer can be traced to its promotion. */
export const provenance = ({ name, version, manifest, commit }: ServedModel) => ({
  'pawl-model': `${name}/${version}`,
  'pawl-manifest': manifest,
  'pawl-commit': commit,
});
