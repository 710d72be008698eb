import { Source } from './settings';

/** What is wrong with a value, in the backend's words; nothing where it is right. */
export type Check = (value: string) => string | undefined;

/** What a person wrote; nothing where it may be an address with a token in it. */
export function quoted(text: string): string {
  return text.includes('@') ? '' : `${JSON.stringify(text)} `;
}

export function oneOf(text: string, options: Array<{ value: string }>): string | undefined {
  return options.some(({ value }) => value === text)
    ? undefined
    : `"${text}" is not allowed; allowed: ${options.map(({ value }) => value).join(', ')}`;
}

export function sourceId(id: string, before: Source[]): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id)) {
    return `"${id}" is not allowed; allowed: 1 to 64 letters, digits, - and _, the first a letter or digit`;
  }
  return before.some((source) => source.id === id)
    ? `"${id}" is there twice; each source needs an id of its own`
    : undefined;
}

/** A repository, or a pattern of some; as the system that it is in names them, where that has more forms. */
export function repository(text: string, pattern = ''): string | undefined {
  const named = new RegExp(`^[\\w.*?-]+/[\\w.*?-]+$|${pattern || '$^'}`);
  return named.test(text) && !text.startsWith('!') ? undefined : `${quoted(text)}is not allowed; allowed: owner/name`;
}

export function globs(paths: string[]): string | undefined {
  const wrong = paths.find((glob) => /^$|^\.?\/|\/$|\\/.test(glob.replace(/^!/, '')));
  if (wrong !== undefined) {
    return `${JSON.stringify(wrong)} is not allowed; allowed: a path from the repository's root without a / at either end, such as packages/x/** or go.mod`;
  }
  return paths.length > 0 && paths.every((glob) => glob.startsWith('!'))
    ? 'only leaves out; allowed: at least one path without ! in front, such as packages/x/**'
    : undefined;
}

export function url(text: string): string | undefined {
  try {
    const { protocol, username, password } = new URL(text);
    if (['http:', 'https:'].includes(protocol)) {
      return username || password
        ? "must not contain a user or password; a token belongs in the source's secret"
        : undefined;
    }
  } catch {
    // said below
  }
  return 'is not an address; allowed: https://HOST or http://HOST with a path';
}

const secondsIn: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** No length of time is longer than 200 years. */
const longest = 200 * 365 * secondsIn.d;

export function duration(text: string, allowed: string, shortest = 1): string | undefined {
  const [, number, unit] = /^(\d+)([smhdw])$/.exec(text) ?? [];
  const seconds = Number(number) * (secondsIn[unit] ?? NaN);
  if (!(seconds <= longest)) {
    return `"${text}" is not a duration: allowed is a whole number with s, m, h, d or w, such as 24h or 365d`;
  }
  return seconds < shortest ? `${seconds > 0 ? text : '0h'} is too short; allowed: ${allowed}` : undefined;
}

/** Patterns are Go's, which has flags in front and no lookaround; what both languages share is checked here. */
export function regexp(pattern: string): string | undefined {
  if (/\(\?(?:[=!]|<[=!])/.test(pattern)) {
    return `${JSON.stringify(pattern)} is not a regular expression: Go's, which are used here, have no lookaround`;
  }
  try {
    new RegExp(pattern.replace(/^\(\?[imsU]+\)/, '').replace(/\(\?P</g, '(?<'));
    return undefined;
  } catch {
    return `${JSON.stringify(pattern)} is not a regular expression`;
  }
}

/** One server of a database, or several; the backend has the same pattern. What somebody pastes may have a password in it. */
const addresses = /^\s*[A-Za-z0-9_.-]+(:[0-9]{1,5})?(\s*,\s*[A-Za-z0-9_.-]+(:[0-9]{1,5})?)*\s*$/;

export function address(text: string): string | undefined {
  return addresses.test(text)
    ? undefined
    : 'is no address of a server; allowed: a host and a port, such as db.example.org:5432, or several with commas between';
}
