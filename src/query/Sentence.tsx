import { Text } from '@grafana/ui';
import React from 'react';
import { DoraQuery } from './model';
import { sentence } from './wording';

/** The query in words, told again by screen readers when a choice changes it. */
export function Sentence({ query }: { query: DoraQuery }) {
  return (
    <div role="status" aria-label="What this query computes">
      <Text italic color="secondary">
        {sentence(query)}
      </Text>
    </div>
  );
}
