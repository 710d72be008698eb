import { DoraOptions, Service, Source } from './settings';

/** The object with some keys changed; keys without a value are left out, so that the backend's default holds. */
export function merge<T extends object>(before: T, patch: Partial<T>): T {
  const entries = Object.entries({ ...before, ...patch });
  return Object.fromEntries(entries.filter(([key, value]) => !isEmpty(value) || isTelling(key, value))) as T;
}

/** An entry of services that has a match is a rule, also while that says nothing yet. */
function isTelling(key: string, value: unknown): boolean {
  return key === 'match' && value !== undefined;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (isPlain(value) && Object.keys(value).length === 0);
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function replaceAt<T>(list: T[], index: number, item: T): T[] {
  return list.map((each, i) => (i === index ? item : each));
}

export function removeAt<T>(list: T[], index: number): T[] {
  return list.filter((_, i) => i !== index);
}

/** The list with an item before the one above it (-1), or after the one below (1); as it is at an end. */
export function moveAt<T>(list: T[], index: number, step: 1 | -1): T[] {
  const other = list[index + step];
  return other === undefined ? list : replaceAt(replaceAt(list, index, other), index + step, list[index]);
}

/** No list rather than an empty one: absent means that every repository is a service. */
export function orAbsent<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** A new source of a type, under the first id that is free. */
export function newSource(type: string, sources: Source[]): Source {
  const taken = sources.map(({ id }) => id);
  const id = [type, ...sources.map((_, i) => `${type}-${i + 2}`)].find((each) => !taken.includes(each));
  return { id: id ?? '', type };
}

/** A source under another id, and with it what the services say of it. */
export function renameSource(options: DoraOptions, index: number, id: string): DoraOptions {
  const sources = options.sources ?? [];
  const before = sources[index].id;
  const follow = <T extends { source: string }>(entries: T[] | undefined) =>
    entries?.map((entry) => (entry.source === before && before !== '' ? { ...entry, source: id } : entry));
  return merge(options, {
    sources: replaceAt(sources, index, { ...sources[index], id }),
    services: options.services?.map((service) =>
      merge(service, { deployments: follow(service.deployments), incidents: follow(service.incidents) })
    ),
  });
}

/** A new rule, which says nothing yet. */
export function newRule(): Service {
  return { match: {}, name: '' };
}

/** A new service that reads from the first source. */
export function newService(sources: Source[]): Service {
  return { name: '', deployments: [{ source: sources[0]?.id ?? '' }] };
}
