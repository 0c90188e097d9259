type Env = Readonly<Record<string, string | undefined>>;

/**
 * Kubernetes gives every pod variables of each Service of its namespace: `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT[_…]`,
 * `NAME_PORT` and `NAME_PORT_80_TCP[_PROTO|_PORT|_ADDR]`. A Service named `pawl` or `pawl-server` makes them look like settings.
 * Source: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const NAME =
  /^PAWL_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const ADDRESS = /^(?:tcp|udp|sctp):\/\//;

/**
 * The variables without those that Kubernetes has set, and the names of those. Only the value decides whether
 * Kubernetes has set a setting's variable.
 */
export function withoutServiceLinks(env: Env, settings: readonly string[]): { env: Env; links: string[] } {
  const links = Object.entries(env)
    .filter(([name, value = '']) =>
      NAME.test(name) ? !settings.includes(name) : /_PORT$/.test(name) && ADDRESS.test(value),
    )
    .map(([name]) => name)
    .sort();
  return { env: Object.fromEntries(Object.entries(env).filter(([name]) => !links.includes(name))), links };
}
