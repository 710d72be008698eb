import { AdHocVariableFilter } from '@grafana/data';
import { DoraQuery, fieldsFor, Filter, uses } from './model';

/** The operators of Grafana's ad hoc filters that the query model has. */
const operators: Record<string, Filter['op']> = { '=': 'in', '=|': 'in', '!=': 'not_in', '!=|': 'not_in' };

/**
 * A dashboard's ad hoc filters as filters of a query. One that is still without a value, or on a field that the query
 * does not know, restricts nothing.
 * @throws Error for an operator that the query model does not have; the sentence is for the panel.
 */
export function adHocFilters(query: DoraQuery, filters: AdHocVariableFilter[] | undefined): Filter[] {
  if (!filters || !uses(query, 'filters')) {
    return [];
  }
  const known = fieldsFor(query, 'filters');
  return filters
    .map(({ key, operator, value, values }) => ({
      field: key,
      operator,
      values: (values?.length ? values : [value]).filter((text) => text !== ''),
    }))
    .filter(({ field, values }) => known.includes(field) && values.length > 0)
    .map(({ field, operator, values }) => {
      const op = operators[operator];
      if (op === undefined) {
        throw new Error(
          `The filter "${field} ${operator} ${values.join(', ')}" cannot be used; allowed: ${Object.keys(operators).join(', ')}`
        );
      }
      return { field, op, values };
    });
}
