import { evidenceKinds, meanings } from './meanings';
import { DoraOptions, Service, Source } from './settings';

/** What is wrong with the settings: by the path of the field, a sentence that names it. */
export type Faults = Record<string, string>;

type Check = (value: string) => string | undefined;

/** Faults that the editor can see. The backend judges again, and has the last word. */
export function faultsOf(options: DoraOptions): Faults {
  const faults: Faults = {};
  const note = (path: string, fault: string | undefined) => {
    if (fault !== undefined) {
      faults[path] = `${path} ${fault}`;
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
  check('definition.incidentWindow', definition.incidentWindow, (text) => duration(text));
  check('collect.every', collect.every, (text) => duration(text, 60));
  check('collect.backfill', collect.backfill, (text) => duration(text));
  const unknown = definition.evidence?.find((kind) => !evidenceKinds.some(({ value }) => value === kind));
  note(
    'definition.evidence',
    unknown && `has "${unknown}"; there is: ${evidenceKinds.map(({ value }) => value).join(', ')}`
  );
  const stores = meanings.store.map(({ value }) => value);
  if (store.type !== undefined && !stores.includes(store.type)) {
    note('store.type', `must be one of ${stores.join(', ')}`);
  } else if (store.type === 'sqlite' && !store.path) {
    note('store.path', 'must name a file, such as /var/lib/grafana/live-dora.db');
  }
  return faults;
}

type Note = (path: string, fault: string | undefined) => void;
type CheckAt = (path: string, value: string | undefined, with_: Check) => void;

function checkSource(source: Source, path: string, before: Source[], note: Note, check: CheckAt) {
  note(`${path}.id`, sourceId(source.id, before));
  if (source.type !== 'github') {
    const odd = source.alerts?.only?.find((label) => !/^[a-zA-Z_]\w*=./.test(label));
    note(`${path}.alerts.only`, odd && `has "${odd}", which is not of the form name=value, such as severity=critical`);
    const known = meanings.sourceType.map(({ value }) => value);
    note(`${path}.type`, known.includes(source.type) ? undefined : `must be one of ${known.join(', ')}`);
    return;
  }
  note(`${path}.repositories`, repositories(source.repositories ?? []));
  check(`${path}.url`, source.url, url);
  check(`${path}.incidents.severity`, source.incidents?.severity, regexp);
  check(`${path}.deployments.workflow`, source.deployments?.workflow, regexp);
  if (source.appId !== undefined || source.installationId !== undefined) {
    note(`${path}.appId`, source.appId ? undefined : 'must not be empty');
    note(`${path}.installationId`, /^\d+$/.test(source.installationId ?? '') ? undefined : 'must be a number');
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
    note(`${path}.name`, 'must not be empty');
  } else if (before.some(({ name }) => name === service.name)) {
    note(`${path}.name`, `"${service.name}" is taken by another service`);
  }
  const ids = sources.map(({ id }) => id);
  const known: Check = (id) =>
    ids.includes(id) ? undefined : `"${id}" is no source; there is: ${ids.join(', ') || 'none'}`;
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
    return 'must be at most 64 letters, digits, - and _, such as github';
  }
  return before.some((source) => source.id === id) ? `"${id}" is taken by another source` : undefined;
}

function repositories(globs: string[]): string | undefined {
  const wrong = globs.find((glob) => repository(glob.replace(/^!/, '')) !== undefined);
  if (wrong !== undefined) {
    return `has "${wrong}", which is not of the form owner/name, such as example-health/* or !example-health/archived-*`;
  }
  return globs.some((glob) => !glob.startsWith('!')) ? undefined : 'must name at least one, such as example-health/*';
}

function repository(text: string): string | undefined {
  return /^[\w.*?-]+\/[\w.*?-]+$/.test(text) ? undefined : 'must be of the form owner/name';
}

function globs(paths: string[]): string | undefined {
  const wrong = paths.find((glob) => /^$|^\.?\/|\/$|\\/.test(glob.replace(/^!/, '')));
  if (wrong !== undefined) {
    return `has "${wrong}", which is no path from the repository's root, such as services/x/**`;
  }
  return paths.length > 0 && paths.every((glob) => glob.startsWith('!'))
    ? 'must have one without ! in front, such as services/x/**'
    : undefined;
}

function url(text: string): string | undefined {
  try {
    const { protocol, username, password } = new URL(text);
    if (!['http:', 'https:'].includes(protocol)) {
      return 'must start with https:// or http://';
    }
    return username || password ? 'must not contain a user or password; a token belongs in its own field' : undefined;
  } catch {
    return 'must be an address, such as https://api.github.com';
  }
}

const secondsIn: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** No length of time is longer than 200 years. */
const longest = 200 * 365 * secondsIn.d;

function duration(text: string, shortest = 1): string | undefined {
  const [, number, unit] = /^(\d+)([smhdw])$/.exec(text) ?? [];
  const seconds = Number(number) * (secondsIn[unit] ?? NaN);
  if (!(seconds > 0 && seconds <= longest)) {
    return 'must be a whole number with s, m, h, d or w, such as 24h';
  }
  return seconds < shortest ? `must be ${shortest / secondsIn.m}m or longer` : undefined;
}

/** Patterns are Go's, which has flags in front and no lookaround; what both languages share is checked here. */
function regexp(pattern: string): string | undefined {
  if (/\(\?(?:[=!]|<[=!])/.test(pattern)) {
    return "must do without lookaround, which Go's regular expressions do not have";
  }
  try {
    new RegExp(pattern.replace(/^\(\?[imsU]+\)/, '').replace(/\(\?P</g, '(?<'));
    return undefined;
  } catch {
    return 'must be a regular expression';
  }
}
