import labels from '../../pkg/settings/labels.json';
import { evidenceKinds, meanings } from './meanings';
import { DoraOptions, Service, Source } from './settings';

/** What is wrong with the settings: by the path of the field, a sentence that names it as its label does. */
export type Faults = Record<string, string>;

/** What the control of a field such as sources[0].url is called. The backend names fields by the same list. */
export function labelOf(path: string): string {
  return (labels as Record<string, string>)[path.replace(/\[\d+\]/g, '[]')] ?? path;
}

type Check = (value: string) => string | undefined;

/** Faults that the editor can see, in the backend's words. The backend judges again, and has the last word. */
export function faultsOf(options: DoraOptions): Faults {
  const faults: Faults = {};
  const note = (path: string, fault: string | undefined) => {
    if (fault !== undefined) {
      faults[path] = `${labelOf(path)}: ${fault}`;
    }
  };
  const check = (path: string, value: string | undefined, with_: Check) => {
    if (value !== undefined && value !== '') {
      note(path, with_(value));
    }
  };

  const sources = options.sources ?? [];
  sources.forEach((source, index) => checkSource(source, `sources[${index}]`, sources.slice(0, index), note, check));
  (options.services ?? []).forEach((service, index, services) =>
    checkService(service, `services[${index}]`, services.slice(0, index), sources, note, check)
  );

  const { definition = {}, collect = {}, store = {} } = options;
  check('production', options.production, regexp);
  check('definition.bots.pattern', definition.bots?.pattern, regexp);
  check('definition.hotfix.branches', definition.hotfix?.branches, regexp);
  check('definition.incidentWindow', definition.incidentWindow, (text) =>
    duration(text, 'a length of time, such as 24h')
  );
  check('collect.every', collect.every, (text) => duration(text, '1m or longer', 60));
  check('collect.backfill', collect.backfill, (text) => duration(text, 'a length of time, such as 365d'));
  const unknown = definition.evidence?.find((kind) => !evidenceKinds.some(({ value }) => value === kind));
  note('definition.evidence', unknown && oneOf(unknown, evidenceKinds));
  if (store.type !== undefined && !meanings.store.some(({ value }) => value === store.type)) {
    note('store.type', oneOf(store.type, meanings.store));
  } else if (store.type === 'sqlite' && !store.path) {
    note('store.path', 'is missing; a sqlite store needs the path of its file');
  }
  return faults;
}

type Note = (path: string, fault: string | undefined) => void;
type CheckAt = (path: string, value: string | undefined, with_: Check) => void;

function checkSource(source: Source, path: string, before: Source[], note: Note, check: CheckAt) {
  note(`${path}.id`, sourceId(source.id, before));
  if (source.type !== 'github') {
    const odd = source.alerts?.only?.find((label) => !/^[a-zA-Z_]\w*=./.test(label));
    note(`${path}.alerts.only`, odd && `${quoted(odd)}is not allowed; allowed: name=value, such as severity=critical`);
    const known = meanings.sourceType.some(({ value }) => value === source.type);
    note(`${path}.type`, known ? undefined : oneOf(source.type, meanings.sourceType));
    return;
  }
  note(`${path}.repositories`, repositories(source.repositories ?? []));
  check(`${path}.url`, source.url, url);
  if (source.incidents !== undefined && !source.incidents.labels?.length) {
    note(`${path}.incidents.labels`, 'is missing; allowed: a list of labels, of which an incident has at least one');
  }
  check(`${path}.incidents.severity`, source.incidents?.severity, regexp);
  check(`${path}.deployments.workflow`, source.deployments?.workflow, regexp);
  if (source.appId !== undefined || source.installationId !== undefined) {
    const whole = `a GitHub App needs appId, installationId and the secret sources.${source.id}.appPrivateKey`;
    note(`${path}.appId`, source.appId ? undefined : `is missing; ${whole}`);
    note(
      `${path}.installationId`,
      source.installationId ? installation(source.installationId) : `is missing; ${whole}`
    );
  }
}

function checkService(
  service: Service,
  path: string,
  before: Service[],
  sources: Source[],
  note: Note,
  check: CheckAt
) {
  if (service.name === '') {
    note(`${path}.name`, 'is missing');
  } else if (before.some(({ name }) => name === service.name)) {
    note(`${path}.name`, `"${service.name}" is there twice; each service needs a name of its own`);
  }
  const ids = sources.map(({ id }) => id);
  const known: Check = (id) =>
    ids.includes(id)
      ? undefined
      : `"${id}" is no source's id; allowed: ${ids.join(', ') || 'nothing, for no source is configured'}`;
  service.deployments?.forEach((entry, index) => {
    const at = `${path}.deployments[${index}]`;
    note(`${at}.source`, known(entry.source));
    check(`${at}.repository`, entry.repository, repository);
    check(`${at}.environment`, entry.environment, regexp);
    note(`${at}.paths`, globs(entry.paths ?? []));
  });
  service.incidents?.forEach((entry, index) => {
    const at = `${path}.incidents[${index}]`;
    note(`${at}.source`, known(entry.source));
    check(`${at}.repository`, entry.repository, repository);
  });
}

function sourceId(id: string, before: Source[]): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id)) {
    return `"${id}" is not allowed; allowed: 1 to 64 letters, digits, - and _, the first a letter or digit`;
  }
  return before.some((source) => source.id === id)
    ? `"${id}" is there twice; each source needs an id of its own`
    : undefined;
}

/** What a person wrote; nothing where it may be an address with a token in it. */
function quoted(text: string): string {
  return text.includes('@') ? '' : `${JSON.stringify(text)} `;
}

function oneOf(text: string, options: Array<{ value: string }>): string {
  return `"${text}" is not allowed; allowed: ${options.map(({ value }) => value).join(', ')}`;
}

function installation(id: string): string | undefined {
  return /^\d+$/.test(id) ? undefined : "is not allowed; allowed: the number at the end of the installation's address";
}

const names = 'owner/name, with * and ? for parts of a name and ! in front to leave out';

function repositories(globs: string[]): string | undefined {
  const wrong = globs.find((glob) => repository(glob.replace(/^!/, '')) !== undefined);
  if (wrong !== undefined) {
    return `${quoted(wrong)}is not allowed; allowed: ${names}`;
  }
  return globs.some((glob) => !glob.startsWith('!')) ? undefined : `is missing; allowed: a list of ${names}`;
}

function repository(text: string): string | undefined {
  return /^[\w.*?-]+\/[\w.*?-]+$/.test(text) ? undefined : `${quoted(text)}is not allowed; allowed: owner/name`;
}

function globs(paths: string[]): string | undefined {
  const wrong = paths.find((glob) => /^$|^\.?\/|\/$|\\/.test(glob.replace(/^!/, '')));
  if (wrong !== undefined) {
    return `${JSON.stringify(wrong)} is not allowed; allowed: a path from the repository's root without a / at either end, such as packages/x/** or go.mod`;
  }
  return paths.length > 0 && paths.every((glob) => glob.startsWith('!'))
    ? 'only leaves out; allowed: at least one path without ! in front, such as packages/x/**'
    : undefined;
}

function url(text: string): string | undefined {
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

function duration(text: string, allowed: string, shortest = 1): string | undefined {
  const [, number, unit] = /^(\d+)([smhdw])$/.exec(text) ?? [];
  const seconds = Number(number) * (secondsIn[unit] ?? NaN);
  if (!(seconds <= longest)) {
    return `"${text}" is not a duration: allowed is a whole number with s, m, h, d or w, such as 24h or 365d`;
  }
  return seconds < shortest ? `${seconds > 0 ? text : '0h'} is too short; allowed: ${allowed}` : undefined;
}

/** Patterns are Go's, which has flags in front and no lookaround; what both languages share is checked here. */
function regexp(pattern: string): string | undefined {
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
