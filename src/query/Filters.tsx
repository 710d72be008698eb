import { Button } from '@grafana/ui';
import React from 'react';
import { addFilter, changeFilter, filtersOf, removeFilter, withFilters } from './change';
import { FilterRow } from './FilterRow';
import { DoraQuery, fieldsFor, Filter, uses } from './model';

interface Props {
  query: DoraQuery;
  onChange: (query: DoraQuery) => void;
  /** Values to offer for a field, given the other filters. */
  offered: (field: string, others: Filter[]) => Promise<string[]>;
}

/** The restrictions of a query; all of them hold together. */
export function Filters({ query, onChange, offered }: Props) {
  if (!uses(query, 'filters')) {
    return null;
  }
  const filters = filtersOf(query);
  const put = (next: Filter[]) => onChange(withFilters(query, next));
  return (
    <>
      {filters.map((filter, index) => (
        <FilterRow
          key={index}
          position={index + 1}
          filter={filter}
          fields={fieldsFor(query, 'filters')}
          onChange={(patch) => put(changeFilter(filters, index, patch))}
          onRemove={() => put(removeFilter(filters, index))}
          offered={() => offered(filter.field, removeFilter(filters, index))}
        />
      ))}
      <div>
        <Button variant="secondary" size="sm" icon="plus" onClick={() => put(addFilter(filters))}>
          Add filter
        </Button>
      </div>
    </>
  );
}
