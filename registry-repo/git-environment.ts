/** Where programs, the home and temporary files are: all that git learns of the environment of this process. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'PATHEXT', 'USERPROFILE'];

/** What every git is told, whatever repository it is in. It asks nobody, fetches nothing, and takes objects for what they are. */
const TOLD = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '', // set and empty: no other program that could be asked is looked for
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null/none', // where nothing can be: an empty file makes git give advice about it
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_LAZY_FETCH: '1', // from git 2.39.4 on; no protocol has to be enough before
  GIT_ALLOW_PROTOCOL: 'none',
  LC_ALL: 'C',
};

/** In a repository of ours nobody's own settings count either. */
const WITHOUT_THE_USER = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_LITERAL_PATHSPECS: '1',
};

/** Nothing that a repository's own settings could name is run. What each command line repeats cannot be set otherwise there. */
export const SAFE_CONFIG = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.alternateRefsCommand=true',
  'core.attributesFile=/dev/null',
  'core.pager=cat',
  'credential.helper=',
  'log.showSignature=false',
  'submodule.recurse=false',
  'protocol.ext.allow=never',
  'maintenance.auto=false',
  'gc.auto=0',
  'core.fsync=all',
  'core.logAllRefUpdates=always',
  // Another writer is waited for; git holds a lock for milliseconds.
  'core.filesRefLockTimeout=2000',
  'core.packedRefsTimeout=2000',
];

/** The environment of a git process in a repository of ours, by allow-list. @param from of this process */
export const gitEnvironment = (from: NodeJS.ProcessEnv): Record<string, string> => ({
  ...passedOn(from, PASSED_ON),
  ...TOLD,
  ...WITHOUT_THE_USER,
});

/** The same in somebody's working tree, where the user's own settings say which files are ignored and who is trusted. */
export const gitEnvironmentOfUser = (from: NodeJS.ProcessEnv): Record<string, string> => ({
  ...passedOn(from, [...PASSED_ON, 'XDG_CONFIG_HOME', 'SUDO_UID']),
  ...TOLD,
});

const passedOn = (from: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
