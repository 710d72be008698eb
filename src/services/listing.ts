import { Service } from '../settings/settings';

/** How many lines of the list are on one page: a key that is pressed must not wait for hundreds of them. */
export const PAGE = 50;

export type Order = 'settings' | 'name' | 'team' | 'deployments' | 'incidents';

export interface Sorting {
  by: Order;
  descending: boolean;
}

/** What a service takes of what has been collected. */
export interface Taken {
  deployments: number;
  /** Absent of a rule, whose services have their own. */
  incidents?: number;
  /** Of a rule: what it makes, in a few words. */
  makes?: string;
  /** Of a rule that takes nothing. */
  nothing?: boolean;
}

/** A line of the list: a team above its services, or a service by its place in the settings. */
export type Line = { team: string; services: number[] } | { index: number };

/** The services that have all words of a search in their name, their team or where they are found, in order. */
export function listed(
  services: Service[],
  search: string,
  { by, descending }: Sorting,
  taken: Array<Taken | undefined> | undefined
): number[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = services.flatMap((service, index) => {
    const text = words.length > 0 ? textOf(service) : '';
    return words.every((word) => text.includes(word)) ? [index] : [];
  });
  const keys = services.map((service, index) => keyOf(service, by, taken?.[index]));
  const compared = (a: number, b: number) => (by === 'settings' ? a - b : compare(keys[a], keys[b]) || a - b);
  return found.sort((a, b) => (descending ? -1 : 1) * compared(a, b));
}

/** What an entry is called: of a rule, what it calls the services that it makes. */
export function called({ match, name }: Service): string {
  const words = match && Object.values(match).map((shape) => JSON.stringify(shape));
  return name || (words ? `{${words.some((shape) => shape.includes('{service}')) ? 'service' : 'repository'}}` : '');
}

function textOf({ match, name = '', team = '', teams = [], deployments = [], incidents = [] }: Service): string {
  const places = [...deployments, ...incidents].map(({ source, repository = '' }) => `${source} ${repository}`);
  return [name, team, ...teams, match ? `rule ${JSON.stringify(match)}` : '', ...places].join(' ').toLowerCase();
}

function keyOf(service: Service, by: Order, taken: Taken | undefined): string | number {
  switch (by) {
    case 'deployments':
    case 'incidents':
      return taken?.[by] ?? -1;
    case 'team':
      return service.team ?? '';
    default:
      return called(service);
  }
}

const byName = new Intl.Collator('en', { numeric: true });

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : byName.compare(String(a), String(b));
}

/** The services beneath their teams, by name, and those without a team last; of a closed team its line alone. */
export function grouped(found: number[], services: Service[], closed: ReadonlySet<string>): Line[] {
  const teams = new Map<string, number[]>();
  for (const index of found) {
    const team = services[index].team ?? '';
    teams.set(team, [...(teams.get(team) ?? []), index]);
  }
  return [...teams]
    .sort(([a], [b]) => Number(a === '') - Number(b === '') || compare(a, b))
    .flatMap(([team, members]): Line[] => [
      { team, services: members },
      ...(closed.has(team) ? [] : members.map((index) => ({ index }))),
    ]);
}

/** Where deployments of a service come from, in a few words; of a rule, what it goes by. */
export function whereFrom({ match, deployments = [] }: Service): string {
  if (match) {
    const { property = {}, ...shapes } = match;
    return Object.entries({ ...shapes, ...property })
      .map(([key, shape]) => `${key} ${shape}`)
      .join(', ');
  }
  const places = [...new Set(deployments.map(({ source, repository }) => repository ?? `all of ${source}`))];
  return places.length > 2 ? `${places[0]} and ${places.length - 1} more` : places.join(', ');
}
