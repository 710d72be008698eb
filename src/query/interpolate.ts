import { Filter } from './model';

/** What interpolation needs of Grafana's template service. */
export interface Variables {
  /** Replaces variables in a text; `format` is asked for the text of each of them. */
  replace(text: string, format?: (value: string | string[]) => string): string;
  /** Whether the dashboard's variable of that name stands at "All". */
  isAll(name: string): boolean;
}

const lonely = /^(?:\$(\w+)|\$\{(\w+)(?:[.:][^}]*)?\}|\[\[(\w+)(?::[^\]]*)?\]\])$/;
const ALL = '$__all';

/**
 * Filters with their variables replaced. A variable with several values becomes several values, also inside a text
 * (`${team}-api`). "All" in an `in` filter lifts the restriction, so that services which appear later, or which have no
 * team, are not lost.
 */
export function interpolateFilters(filters: Filter[], variables: Variables): Filter[] {
  return filters.map((filter) => {
    const expanded = filter.values.map((text) => ({ ...expand(text, variables), name: nameOf(text) }));
    const values = expanded.flatMap(({ texts }) => texts).filter((text) => text !== '' && text !== ALL);
    const unrestricted = expanded.some(
      ({ texts, several, name }) => texts.includes(ALL) || (several && name !== undefined && variables.isAll(name))
    );
    return { ...filter, values: filter.op === 'in' && unrestricted ? [] : [...new Set(values)] };
  });
}

/** The texts that a text stands for, and whether one of its variables has several values (or none) at this place. */
function expand(text: string, variables: Variables): { texts: string[]; several: boolean } {
  const found: string[][] = [];
  const marked = variables.replace(text, (value) => {
    found.push([value].flat());
    return mark(found.length - 1);
  });
  const texts = found.reduce(
    (before, values, index) => before.flatMap((each) => values.map((value) => each.split(mark(index)).join(value))),
    [marked]
  );
  // A panel that is repeated for each value sees one, though the dashboard's variable stands at "All".
  return { texts, several: found.some((values) => values.length !== 1) };
}

/** The name of the variable that is the whole text. */
function nameOf(text: string): string | undefined {
  return lonely.exec(text)?.slice(1).find(Boolean);
}

/** A text that no value contains. */
function mark(index: number): string {
  return `\u0000${index}\u0000`;
}
