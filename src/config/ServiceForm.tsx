import { Button, Stack } from '@grafana/ui';
import React from 'react';
import { Text } from '../form/Text';
import { merge, orAbsent, removeAt, replaceAt } from '../settings/change';
import { fieldsOf, Place } from '../settings/fields';
import { DeploymentsMatch, IncidentsMatch } from './live/Matches';
import { Preview } from './live/preview';
import { Row } from './Section';
import { DeploymentsEntry, IncidentsEntry } from './ServiceEntries';
import { Service } from '../settings/settings';

interface Props extends Place {
  service: Service;
  /** Ids to choose from. */
  sources: string[];
  /** From 1: what a nameless service is called by. */
  position: number;
  preview: Preview['services'][number] | undefined;
  onChange: (service: Service) => void;
  onRemove: () => void;
}

/** One service, its team, and the entries that its deployments and incidents are found by. */
export function ServiceForm(props: Props) {
  const { service, sources, path, position, faults, readOnly, preview, onChange, onRemove } = props;
  const put = (patch: Partial<Service>) => onChange(merge(service, patch));
  const field = fieldsOf(service, props, onChange);
  const name = service.name || String(position);
  const deployments = service.deployments ?? [];
  const incidents = service.incidents ?? [];
  const entry = { sources, faults, readOnly };
  return (
    <div role="group" aria-label={`Service ${name}`}>
      <Stack direction="column" gap={2}>
        <Row>
          <Text label="Name" width={30} {...field('name')} onChange={(next) => put({ name: next ?? '' })} />
          <Text label="Team" width={30} {...field('team')} />
        </Row>
        {deployments.map((each, index) => (
          <DeploymentsEntry
            {...entry}
            key={index}
            name={`Deployments ${index + 1} of service ${name}`}
            path={`${path}.deployments[${index}]`}
            entry={each}
            onChange={(next) => put({ deployments: replaceAt(deployments, index, next) })}
            onRemove={() => put({ deployments: orAbsent(removeAt(deployments, index)) })}
          >
            <DeploymentsMatch match={preview?.deployments[index]} />
          </DeploymentsEntry>
        ))}
        {incidents.map((each, index) => (
          <IncidentsEntry
            {...entry}
            key={index}
            name={`Incidents ${index + 1} of service ${name}`}
            path={`${path}.incidents[${index}]`}
            entry={each}
            onChange={(next) => put({ incidents: replaceAt(incidents, index, next) })}
            onRemove={() => put({ incidents: orAbsent(removeAt(incidents, index)) })}
          >
            <IncidentsMatch count={preview?.incidents[index]} />
          </IncidentsEntry>
        ))}
        {!readOnly && (
          <Row>
            <Button
              variant="secondary"
              size="sm"
              icon="plus"
              onClick={() => put({ deployments: [...deployments, { source: sources[0] ?? '' }] })}
            >
              Add deployments
            </Button>
            <Button
              variant="secondary"
              size="sm"
              icon="plus"
              onClick={() => put({ incidents: [...incidents, { source: sources[0] ?? '' }] })}
            >
              Add incidents
            </Button>
            <Button variant="destructive" fill="outline" size="sm" icon="trash-alt" onClick={onRemove}>
              Remove service {name}
            </Button>
          </Row>
        )}
      </Stack>
    </div>
  );
}
