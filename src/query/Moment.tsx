import { Button } from '@grafana/ui';
import React from 'react';
import { change } from './change';
import { DoraQuery, uses } from './model';

interface Props {
  query: DoraQuery;
  onChange: (query: DoraQuery) => void;
}

/** A query that a chart's point led to is about that point alone; here one gets back to the whole time range. */
export function Moment({ query, onChange }: Props) {
  if (!uses(query, 'at') || !query.at) {
    return null;
  }
  return (
    <div>
      <Button variant="secondary" size="sm" icon="times" onClick={() => onChange(change(query, { at: undefined }))}>
        Show the whole time range
      </Button>
    </div>
  );
}
