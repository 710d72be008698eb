import labels from '../../pkg/settings/labels.json';
import { address, Check, duration, globs, oneOf, regexp, repository, sourceId } from './checks';
import { evidenceKinds, meanings } from './meanings';
import { defaults, DoraOptions, Service, Source, StoreSettings } from './settings';
import { faultsOfRule } from './rule';
import { faultsOfSource } from './sourceFaults';
import { allFields, fieldAt, sourceTypes, systemOf } from './systems';

/** What is wrong with the settings: by the path of the field, a sentence that names it as its label does. */
export type Faults = Record<string, string>;

/** What the control of a field such as sources[0].url is called. The backend names fields by the same lists. */
export function labelOf(path: string, { sources = [] }: DoraOptions): string {
  const [, index, key] = /^sources\[(\d+)\]\.(.*)$/.exec(path) ?? [];
  const system = systemOf(sources[Number(index)]?.type);
  const own = system && fieldAt(system, key)?.label;
  return own ?? (labels as Record<string, string>)[path.replace(/\[\d+\]/g, '[]')] ?? path;
}

/** Faults that the editor can see, in the backend's words. The backend judges again, and has the last word. */
export function faultsOf(options: DoraOptions): Faults {
  const faults: Faults = {};
  const { note, check } = noting(faults, options);
  const sources = options.sources ?? [];
  sources.forEach((source, index) => {
    note(`sources[${index}].id`, sourceId(source.id, sources.slice(0, index)));
    note(`sources[${index}].type`, oneOf(source.type, sourceTypes));
    Object.entries(faultsOfSource(source)).forEach(([key, fault]) => note(`sources[${index}].${key}`, fault));
  });
  Object.assign(faults, faultsOfServices(options.services ?? [], options));

  const { definition = {}, collect = {}, store = {} } = options;
  check('production', options.production, regexp);
  check('definition.bots.pattern', definition.bots?.pattern, regexp);
  check('definition.hotfix.branches', definition.hotfix?.branches, regexp);
  check('definition.incidentWindow', definition.incidentWindow, (text) =>
    duration(text, 'a length of time, such as 24h')
  );
  check('collect.every', collect.every, (text) => duration(text, '1m or longer', 60));
  check('collect.backfill', collect.backfill, (text) => duration(text, 'a length of time, such as 365d'));
  note(
    'definition.evidence',
    definition.evidence?.map((kind) => oneOf(kind, evidenceKinds)).find((fault) => fault !== undefined)
  );
  if (store.type !== undefined && oneOf(store.type, meanings.store) !== undefined) {
    note('store.type', oneOf(store.type, meanings.store));
  }
  checkStore(store, note);
  return faults;
}

/** What each type of store cannot be without, in the backend's words. */
const neededByStore: Record<string, Array<[string & keyof StoreSettings, string]>> = {
  sqlite: [['path', 'a sqlite store needs the path of its file']],
  postgres: [
    ['address', 'a postgres store needs the address of its server, such as db.example.org:5432'],
    ['database', 'a postgres store needs the name of its database'],
    ['user', 'a postgres store needs the user that logs in'],
  ],
};

function checkStore(store: StoreSettings, note: Note) {
  for (const [key, why] of neededByStore[store.type ?? defaults.store] ?? []) {
    note(`store.${key}`, store[key] ? undefined : `is missing; ${why}`);
  }
  if (store.type === 'postgres') {
    note('store.tls', store.tls === undefined ? undefined : oneOf(store.tls, meanings.storeTls));
    note('store.use', store.use === undefined ? undefined : oneOf(store.use, meanings.storeUse));
    note('store.address', store.address ? address(store.address) : undefined);
  }
}

type Note = (path: string, fault: string | undefined) => void;
type CheckAt = (path: string, value: string | undefined, with_: Check) => void;

/** What notes the fault of a field, called as the settings call it, and what checks a field that is not empty. */
function noting(faults: Faults, options: DoraOptions): { note: Note; check: CheckAt } {
  const note: Note = (path, fault) => {
    if (fault !== undefined) {
      faults[path] = `${labelOf(path, options)}: ${fault}`;
    }
  };
  return { note, check: (path, value, with_) => value && note(path, with_(value)) };
}

/** Faults of services alone, which are those of the settings or are to be. */
export function faultsOfServices(services: Service[], options: DoraOptions): Faults {
  const faults: Faults = {};
  const names = new Set<string>();
  services.forEach((service, index) => {
    Object.assign(faults, faultsOfService(service, `services[${index}]`, names, options));
    if (!service.match) {
      names.add(service.name);
    }
  });
  return faults;
}

/** Faults of one service, whose name must not be among those before it. */
export function faultsOfService(
  service: Service,
  path: string,
  before: ReadonlySet<string>,
  options: DoraOptions
): Faults {
  const faults: Faults = {};
  const { note, check } = noting(faults, options);
  const sources = options.sources ?? [];
  const rule = service.match !== undefined;
  if (rule) {
    Object.entries(faultsOfRule(service)).forEach(([key, fault]) => note(`${path}.${key}`, fault));
  } else if (!service.name) {
    note(`${path}.name`, 'is missing');
  } else if (before.has(service.name)) {
    note(`${path}.name`, `"${service.name}" is there twice; each service needs a name of its own`);
  }
  const ids = sources.map(({ id }) => id);
  const known: Check = (id) =>
    ids.includes(id) || (rule && !id)
      ? undefined
      : `"${id}" is no source's id; allowed: ${ids.join(', ') || 'nothing, for no source is configured'}`;
  const repositoryOf =
    (id: string): Check =>
    (text) =>
      rule ? undefined : repository(text, repositoriesOf(sources.find((source) => source.id === id)));
  service.deployments?.forEach((entry, index) => {
    const at = `${path}.deployments[${index}]`;
    note(`${at}.source`, known(entry.source));
    check(`${at}.repository`, entry.repository, repositoryOf(entry.source));
    check(`${at}.environment`, entry.environment, regexp);
    note(`${at}.paths`, globs(entry.paths ?? []));
  });
  service.incidents?.forEach((entry, index) => {
    const at = `${path}.incidents[${index}]`;
    note(`${at}.source`, known(entry.source));
    check(`${at}.repository`, entry.repository, repositoryOf(entry.source));
  });
  return faults;
}

/** What the names of a source's repositories look like, where its system says so. */
function repositoriesOf(source: Source | undefined): string | undefined {
  const system = source && systemOf(source.type);
  return system && allFields(system).find(({ kind }) => kind === 'globs')?.form?.pattern;
}
