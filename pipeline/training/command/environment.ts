/** Variables that any program needs; none of them is a secret of Pawl's. On Windows names have no case. */
const ALWAYS = new Set([
  ...['PATH', 'HOME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS'],
  ...['SYSTEMROOT', 'WINDIR', 'COMSPEC', 'PATHEXT', 'TEMP', 'TMP', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA'],
]);

/**
 * The variables that a program of a run gets: those that every program needs, and those that were named. It gets no
 * credentials of clouds, forges or Pawl itself.
 */
export function programEnvironment(env: NodeJS.ProcessEnv, named: readonly string[]): NodeJS.ProcessEnv {
  const wanted = (name: string) => (ALWAYS.has(name.toUpperCase()) || named.includes(name)) && !SECRET.test(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => wanted(name)));
}
const SECRET = /^PAWL_SECRET_/i;
