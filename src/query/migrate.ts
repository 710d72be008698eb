import { DoraQuery, Migration, model } from './model';

/** A saved query in the words of today. One of a later version, or of none that is known, stays as it is to be refused. */
export function migrated(query: DoraQuery, steps: Migration[] = model.migrations): DoraQuery {
  const newest = steps.length + 1;
  const version: unknown = query.version ?? 1;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1 || version >= newest) {
    return query;
  }
  const next = steps.slice(version - 1).reduce(apply, { ...query } as Record<string, unknown>);
  return { ...next, version: newest } as DoraQuery;
}

function apply(query: Record<string, unknown>, { keys = {}, values = {} }: Migration): Record<string, unknown> {
  const next = Object.fromEntries(
    Object.entries(query)
      .map(([key, value]) => [keys[key] ?? key, value] as const)
      .filter(([key]) => key !== '')
  );
  for (const [key, words] of Object.entries(values)) {
    const renamed = (word: unknown) => (typeof word === 'string' ? (words[word] ?? word) : word);
    if (key in next) {
      next[key] = Array.isArray(next[key]) ? next[key].map(renamed) : renamed(next[key]);
    }
  }
  return next;
}
