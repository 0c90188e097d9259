import { RegistryError } from '../errors.ts';

/** No version of this model is in production. */
export class NothingInProductionError extends RegistryError {
  readonly code = 'nothing_in_production';
}

/**
 * The commit that put this version into production names no verdict, or one that is missing: no proof of a judgement
 * exists.
 */
export class VerdictMissingError extends RegistryError {
  readonly code = 'verdict_missing';
}

/** Main is not what was judged: something was changed besides or after the verdict. */
export class RegistryDivergedError extends RegistryError {
  readonly code = 'registry_drifted';
}

/** The policy on main forbids this version ever to serve again. */
export class VersionRevokedError extends RegistryError {
  readonly code = 'version_revoked';
}
