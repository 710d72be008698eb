import { merge } from '../settings/change';
import { DoraOptions, Service } from '../settings/settings';
import { faultsOfServices } from '../settings/validate';

/** Something in a text that cannot be, and its line, from 1. */
export interface Wrong {
  line: number;
  says: string;
}

/** What a text says of services. */
export interface Read {
  services: Service[];
  /** The keys that it speaks of. Of the others, services keep what they have. */
  says: string[];
  wrong: Wrong[];
  /** The line of each part, by its path, such as services[0].deployments[1]. */
  lines: Map<string, number>;
}

/** A text of services that reads back as it was written. */
export interface TextForm {
  name: string;
  /** Of its files. */
  ending: string;
  mime: string;
  write: (services: Service[]) => Promise<string>;
  read: (text: string) => Promise<Read>;
}

/** Two services of the same identity are one, before and after. */
export function identity({ match, name }: Service): string {
  return match ? JSON.stringify([Object.entries(match).sort(), name]) : name;
}

/** The services as they are once a text is taken over. */
export function takenOver(before: Service[], { services, says }: Read, othersGo: boolean): Service[] {
  const known = new Map(before.map((service) => [identity(service), service]));
  const next = new Map(services.map((service) => [identity(service), service]));
  const joined = (service: Service): Service => {
    const kept = Object.entries(known.get(identity(service)) ?? {}).filter(([key]) => !says.includes(key));
    return merge<Service>(service, Object.fromEntries(kept));
  };
  if (othersGo) {
    return services.map(joined);
  }
  const changed = before.map((service) => {
    const told = next.get(identity(service));
    return told ? joined(told) : service;
  });
  return [...changed, ...services.filter((service) => !known.has(identity(service)))];
}

/** What is wrong with services that a text speaks of, by line. */
export function faultsByLine(read: Read, options: DoraOptions): Wrong[] {
  const faults = Object.entries(faultsOfServices(read.services, options)).map(([path, says]) => ({
    line: lineOf(path, read.lines),
    says,
  }));
  return [...read.wrong, ...faults].sort((a, b) => a.line - b.line);
}

function lineOf(path: string, lines: Map<string, number>): number {
  for (let at = path; at !== ''; at = at.replace(/(\.|\[)?[^.[]*$/, '')) {
    const line = lines.get(at);
    if (line !== undefined) {
      return line;
    }
  }
  return 1;
}
