import { Text } from '@grafana/ui';
import React from 'react';
import { MadeService, RulePreview } from './preview';

/** How many are named before the rest is only counted. */
const NAMED = 8;

/** What a rule makes of what has been collected, what it loses to entries above, and why it takes nothing. */
export function RuleMakes({ told }: { told: RulePreview | undefined }) {
  if (!told) {
    return null;
  }
  const { services, serviceCount, lost, lostCount, empty } = told;
  return (
    <div>
      {empty && (
        <Text element="p" color="warning">
          {empty}
        </Text>
      )}
      {serviceCount > 0 && (
        <Text element="p" color="secondary">
          Makes {serviceCount.toLocaleString()}: {listed(services.map(called), serviceCount)}.
        </Text>
      )}
      {lostCount > 0 && (
        <Text element="p" color="secondary">
          Entries above take {lostCount.toLocaleString()} that would fit:{' '}
          {listed(
            lost.map(({ repository, to }) => `${repository} (entry ${to + 1})`),
            lostCount
          )}
          .
        </Text>
      )}
    </div>
  );
}

function called({ name, team, deployments }: MadeService): string {
  return `${name}${team ? ` of ${team}` : ''} (${deployments.toLocaleString()})`;
}

/** The first few by name, and how many more there are. */
export function listed(names: string[], count: number): string {
  const rest = count - Math.min(names.length, NAMED);
  return names.slice(0, NAMED).join(', ') + (rest > 0 ? ` and ${rest.toLocaleString()} more` : '');
}
