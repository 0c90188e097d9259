/** Variables for programs, the home and temporary files: all that git gets from the environment of this process. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'PATHEXT', 'USERPROFILE'];

/**
 * Variables for every git process, in whatever repository. It prompts for nothing, fetches no missing objects, and uses
 * no replacement objects.
 */
const TOLD = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '', // set and empty: git looks for no other program that could prompt
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null/none', // a path where nothing can be: for an empty file git prints advice
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_LAZY_FETCH: '1', // from git 2.39.4 on; needed when no protocol is allowed
  GIT_ALLOW_PROTOCOL: 'none',
  LC_ALL: 'C',
};

/** In a repository of Pawl's, the user's own settings do not count either. */
const WITHOUT_THE_USER = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_LITERAL_PATHSPECS: '1',
};

/**
 * Settings against running programs that a repository's own settings could name. They are repeated on each command
 * line, which a repository cannot override.
 */
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

/** The environment of a git process in a repository of Pawl's, by allow-list. @param from of this process */
export const gitEnvironment = (from: NodeJS.ProcessEnv): Record<string, string> => ({
  ...passedOn(from, PASSED_ON),
  ...TOLD,
  ...WITHOUT_THE_USER,
});

/**
 * The same for a user's working tree, where the user's own settings say which files are ignored and which owners are
 * trusted.
 */
export const gitEnvironmentOfUser = (from: NodeJS.ProcessEnv): Record<string, string> => ({
  ...passedOn(from, [...PASSED_ON, 'XDG_CONFIG_HOME', 'SUDO_UID']),
  ...TOLD,
});

const passedOn = (from: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
