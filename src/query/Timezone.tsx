import React, { useMemo } from 'react';
import { Choice } from '../form/Choice';
import { change } from './change';
import { BROWSER_TIMEZONE, DoraQuery, uses } from './model';
import { knownZones } from './zone';

interface Props {
  query: DoraQuery;
  onChange: (query: DoraQuery) => void;
}

/** The zone whose midnights separate the buckets. */
export function Timezone({ query, onChange }: Props) {
  const options = useMemo(
    () => [
      { value: BROWSER_TIMEZONE, label: "the dashboard's" },
      ...knownZones().map((zone) => ({ value: zone, label: zone })),
    ],
    []
  );
  if (!uses(query, 'timezone')) {
    return null;
  }
  return (
    <Choice
      label="Time zone"
      value={query.timezone || 'UTC'}
      options={options}
      free
      onChange={(timezone) => onChange(change(query, { timezone }))}
    />
  );
}
