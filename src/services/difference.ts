import { Service } from '../settings/settings';
import { called } from './listing';
import { identity } from './reading';

/** What becomes of the services, in words. */
export interface Difference {
  added: string[];
  removed: string[];
  /** Each with what changes. */
  changed: string[];
  /** Whether those that stay come in another order. */
  moved: boolean;
}

export function differenceOf(before: Service[], after: Service[]): Difference {
  const known = new Map(before.map((service) => [identity(service), service]));
  const left = new Set(after.map(identity));
  const changed = after.flatMap((service) => {
    const was = known.get(identity(service));
    const words = was ? changes(was, service) : [];
    return words.length > 0 ? [`${called(service)}: ${words.join('; ')}`] : [];
  });
  return {
    added: after.filter((service) => !known.has(identity(service))).map(called),
    removed: before.filter((service) => !left.has(identity(service))).map(called),
    changed,
    moved: stayed(before, after).join('\n') !== stayed(after, before).join('\n'),
  };
}

/** Those that are among the others too, in their order. */
function stayed(of: Service[], others: Service[]): string[] {
  const there = new Set(others.map(identity));
  return of.map(identity).filter((each) => there.has(each));
}

function changes(before: Service, after: Service): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as Array<keyof Service>;
  return keys
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map((key) => {
      const [was, is] = [before[key], after[key]];
      return typeof was === 'object' || typeof is === 'object'
        ? `other ${key}`
        : `${key} ${was ?? 'none'} → ${is ?? 'none'}`;
    });
}
