import { Alert } from '@grafana/ui';
import React from 'react';
import { DoraQuery } from './model';
import { problemsOf } from './judge';

/** What is wrong with a query that was not written here; nothing where all is well. */
export function Problems({ query }: { query: DoraQuery }) {
  const problems = problemsOf(query);
  if (problems.length === 0) {
    return null;
  }
  return (
    <Alert severity="error" title="This query cannot be computed">
      <ul>
        {problems.map(({ field, message }) => (
          <li key={field}>{message}</li>
        ))}
      </ul>
    </Alert>
  );
}
