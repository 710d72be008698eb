import { MultiCombobox } from '@grafana/ui';
import React from 'react';
import { Labelled } from '../form/Labelled';
import { groupByOf, withGroupBy } from './change';
import { DoraQuery, fieldsFor, uses } from './model';

interface Props {
  query: DoraQuery;
  onChange: (query: DoraQuery) => void;
}

/** What gets a series or a row of its own; nothing chosen means all as one. */
export function GroupBy({ query, onChange }: Props) {
  if (!uses(query, 'groupBy')) {
    return null;
  }
  return (
    <Labelled label="Group by">
      {(named) => (
        <MultiCombobox
          {...named}
          value={groupByOf(query)}
          options={fieldsFor(query, 'groupBy').map((field) => ({ value: field }))}
          placeholder="all as one"
          onChange={(fields) =>
            onChange(
              withGroupBy(
                query,
                fields.map(({ value }) => value)
              )
            )
          }
          width={30}
        />
      )}
    </Labelled>
  );
}
