import { Text } from '@grafana/ui';
import React from 'react';
import { named } from './Matches';
import { Preview } from './preview';
import { listed } from './RuleMakes';

interface Props {
  preview: Preview | undefined;
  /** Whether the settings name services; without, every repository is one. */
  mapped: boolean;
}

/** What has been collected and belongs to no service, so that nothing is missed without anyone seeing it. */
export function Unmatched({ preview, mapped }: Props) {
  if (!preview) {
    return null;
  }
  const { services, unmatched, incidents, toldApart, others, conflicts = [] } = preview;
  const deploying = services.filter(({ deployments }) => deployments.some(({ count }) => count > 0)).length;
  return (
    <div role="group" aria-label="What belongs to no service">
      {!mapped && (
        <Text element="p" color="secondary">
          {services.length.toLocaleString()} repositories are services; {deploying.toLocaleString()} of them have
          deployments to production.
        </Text>
      )}
      {others && others.count > 0 && (
        <Text element="p" color="secondary">
          Repositories that no entry takes are services of their own ({others.count.toLocaleString()}):{' '}
          {listed(
            others.services.map(({ name, deployments }) => `${name} (${deployments.toLocaleString()})`),
            others.count
          )}
          .
        </Text>
      )}
      {conflicts.map(({ service, teams }) => (
        <Text element="p" color="warning" key={service}>
          {service} is given several teams: {teams.join(', ')}; the first counts.
        </Text>
      ))}
      {toldApart.map(({ text }) => (
        <Text element="p" color="warning" key={text}>
          {text}
        </Text>
      ))}
      {unmatched.length > 0 && (
        <Text element="p" color="secondary">
          Deployments of no service: {named(unmatched)}.
        </Text>
      )}
      {incidents > 0 && (
        <Text element="p" color="secondary">
          Incidents of no service: {incidents.toLocaleString()}.
        </Text>
      )}
      {mapped && unmatched.length === 0 && incidents === 0 && (
        <Text element="p" color="secondary">
          Everything that has been collected belongs to a service.
        </Text>
      )}
    </div>
  );
}
