import { BlockList, isIP } from 'node:net';
import { NetworkSettingError } from './errors.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export type ForwardProxy = {
  /** The variable that names it. */
  readonly variable: string;
  /** As `http://proxy.example.org:3128`, without user and password. */
  readonly origin: string;
  /** For `Proxy-Authorization`, which the proxy alone gets; null where the address has neither user nor password. */
  readonly authorization: string | null;
};

/** The proxy on the way to an address; null for none. */
export type Route = (url: URL) => ForwardProxy | null;

/**
 * Which requests go through which proxy, as git has it on the same machine: `HTTPS_PROXY` for `https:`, `HTTP_PROXY` for
 * `http:`, `ALL_PROXY` where the one that fits is not set; names in small letters come first. `NO_PROXY` alone says what goes
 * around, loopback included.
 *
 * @returns null where no proxy is named
 * @throws {NetworkSettingError}
 */
export function proxyRoutes(env: Env): Route | null {
  const all = () => named('ALL_PROXY', env);
  const [secure, plain] = [named('HTTPS_PROXY', env) ?? all(), named('HTTP_PROXY', env) ?? all()];
  if (secure === null && plain === null) return null;
  const around = exceptions(variableNamed('NO_PROXY', env)?.value ?? '');
  return (url) => (around(url) ? null : url.protocol === 'https:' ? secure : plain);
}

/** A variable by its name in small or in capital letters; an empty one is not set. */
function variableNamed(name: string, env: Env): { variable: string; value: string } | null {
  for (const variable of [name.toLowerCase(), name]) {
    const value = env[variable]?.trim();
    if (value) return { variable, value };
  }
  return null;
}

function named(name: string, env: Env): ForwardProxy | null {
  const found = variableNamed(name, env);
  if (found === null) return null;
  const { variable, value } = found;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  // It may hold a password: it is not shown.
  if (!URL.canParse(address)) throw new NetworkSettingError(variable, `is no address: ${FORM}`);
  const { protocol, origin, hostname, username, password } = new URL(address);
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new NetworkSettingError(
      variable,
      `names a proxy of the kind ${protocol.slice(0, -1)}, which only git can use: ${FORM}`,
    );
  if (hostname === '') throw new NetworkSettingError(variable, `names no host: ${FORM}`);
  const login =
    username === '' && password === '' ? null : `${decoded(username, variable)}:${decoded(password, variable)}`;
  return { variable, origin, authorization: login && `Basic ${Buffer.from(login).toString('base64')}` };
}

const FORM = 'write http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT';

function decoded(text: string, variable: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new NetworkSettingError(variable, 'has a % in user or password that stands for nothing: write %25 for it');
  }
}

/**
 * What goes around: hosts with all below them (a dot or `*.` before the name changes nothing), addresses, networks as
 * `10.0.0.0/8`, each with a port or without, and `*` for everything.
 */
function exceptions(list: string): (url: URL) => boolean {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(exception);
  return (url) => {
    const host = url.hostname
      .toLowerCase()
      .replace(/^\[|\]$/g, '')
      .replace(/\.$/, '');
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return entries.some((matches) => matches(host, port));
  };
}

function exception(entry: string): (host: string, port: string) => boolean {
  if (entry === '*') return () => true;
  const [, network = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (isIP(network) && Number(bits) <= (isIP(network) === 4 ? 32 : 128)) return within(network, Number(bits));
  const [, bracketed, plain, wanted] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [];
  const name = (bracketed ?? plain ?? entry).replace(/^\*?\./, '').replace(/\.$/, '');
  return (host, port) =>
    (wanted === undefined || wanted === port) && (host === name || (isIP(host) === 0 && host.endsWith(`.${name}`)));
}

function within(network: string, bits: number): (host: string) => boolean {
  const list = new BlockList();
  list.addSubnet(network, bits, isIP(network) === 4 ? 'ipv4' : 'ipv6');
  return (host) => isIP(host) > 0 && list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}
