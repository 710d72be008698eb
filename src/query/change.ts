import { ALL_METRICS, allowed, DoraQuery, fieldsFor, Filter, model, optionalFields, SEVERITY, uses } from './model';

/** A query with some fields changed, and without the fields and values that no longer mean anything because of it. */
export function change(query: DoraQuery, patch: Partial<DoraQuery>): DoraQuery {
  const next: DoraQuery = { ...query, version: query.version ?? model.version, ...patch };
  for (const field of optionalFields) {
    if (!uses(next, field) || next[field] === undefined) {
      delete next[field];
    }
  }
  for (const field of ['statistic', 'benchmark'] as const) {
    const value = next[field];
    if (value && !allowed(next, field).includes(value)) {
      delete next[field];
    }
  }
  if (next.metric === ALL_METRICS && next.queryType !== 'signals') {
    delete next.metric;
  }
  if (next.format === 'numeric' && next.rolling?.includes('bucket')) {
    delete next.rolling;
  }
  return withoutSeverity(next);
}

/** Severity goes with the incidents that have it. */
function withoutSeverity(query: DoraQuery): DoraQuery {
  const next = { ...query };
  if (
    Array.isArray(next.groupBy) &&
    next.groupBy.includes(SEVERITY) &&
    !fieldsFor(next, 'groupBy').includes(SEVERITY)
  ) {
    const groupBy = next.groupBy.filter((field) => field !== SEVERITY);
    if (groupBy.length > 0) {
      next.groupBy = groupBy;
    } else {
      delete next.groupBy;
    }
  }
  return next;
}

export function withGroupBy(query: DoraQuery, groupBy: string[]): DoraQuery {
  return change(query, { groupBy: groupBy.length > 0 ? groupBy : undefined });
}

export function withFilters(query: DoraQuery, filters: Filter[]): DoraQuery {
  return change(query, { filters: filters.length > 0 ? filters : undefined });
}

/** The filters with one more, on the first field that none of them restricts. */
export function addFilter(filters: Filter[]): Filter[] {
  const taken = filters.map((filter) => filter.field);
  const fields = model.filterFields.filter((name) => name !== SEVERITY);
  const field = fields.find((name) => !taken.includes(name)) ?? fields[0];
  return [...filters, { field, op: model.filterOps[0], values: [] }];
}

/** A filter on another field has other values. */
export function changeFilter(filters: Filter[], index: number, patch: Partial<Filter>): Filter[] {
  return filters.map((filter, i) => {
    if (i !== index) {
      return filter;
    }
    const moved = patch.field !== undefined && patch.field !== filter.field;
    return { ...filter, ...(moved ? { values: [] } : {}), ...patch };
  });
}

export function removeFilter(filters: Filter[], index: number): Filter[] {
  return filters.filter((_, i) => i !== index);
}

/** The filters of a query, whatever its JSON holds. */
export function filtersOf(query: DoraQuery): Filter[] {
  return Array.isArray(query.filters)
    ? query.filters
        .filter((filter) => filter !== null && typeof filter === 'object')
        .map((filter) => ({ ...filter, values: Array.isArray(filter.values) ? filter.values.map(String) : [] }))
    : [];
}

/** The grouping of a query, whatever its JSON holds. */
export function groupByOf(query: DoraQuery): string[] {
  return Array.isArray(query.groupBy) ? query.groupBy.map(String) : [];
}
