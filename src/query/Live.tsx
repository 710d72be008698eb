import { Switch } from '@grafana/ui';
import React from 'react';
import { Labelled } from '../form/Labelled';
import { change } from './change';
import { DoraQuery, uses } from './model';

interface Props {
  query: DoraQuery;
  onChange: (query: DoraQuery) => void;
}

/** Whether the panel shows what happens as it happens. */
export function Live({ query, onChange }: Props) {
  if (!uses(query, 'live')) {
    return null;
  }
  return (
    <Labelled label="Live">
      {(named) => (
        <Switch
          {...named}
          value={query.live === true}
          onChange={({ currentTarget }) => onChange(change(query, { live: currentTarget.checked || undefined }))}
        />
      )}
    </Labelled>
  );
}
