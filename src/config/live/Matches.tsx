import { Text } from '@grafana/ui';
import React from 'react';
import { Tally } from './preview';

/** How many places are named before the rest is only counted. */
const NAMED = 6;

/** What an entry of a service's deployments matches in what has been collected. */
export function DeploymentsMatch({ match }: { match: { count: number; places: Tally[] } | undefined }) {
  if (!match) {
    return null;
  }
  return match.count === 0 ? (
    <Text color="warning">Matches none of the deployments collected so far.</Text>
  ) : (
    <Text color="secondary">
      Matches {match.count.toLocaleString()} deployments: {named(match.places)}.
    </Text>
  );
}

/** How many incidents an entry matches. */
export function IncidentsMatch({ count }: { count: number | undefined }) {
  return count === undefined ? null : (
    <Text color="secondary">Matches {count.toLocaleString()} of the incidents collected so far.</Text>
  );
}

/** Places with their number of deployments, the first few by name. */
export function named(places: Tally[]): string {
  const first = places
    .slice(0, NAMED)
    .map(
      ({ repository, environment, deployments, code, noHistory }) =>
        `${repository} → ${environment} (${deployments.toLocaleString()}${code ? `, of the code of ${code}` : ''}${noHistory ? ', of code that no source reads' : ''})`
    );
  const rest = places.length - first.length;
  return first.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
