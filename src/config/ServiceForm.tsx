import { Button, Stack } from '@grafana/ui';
import React from 'react';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { merge, orAbsent, removeAt, replaceAt } from '../settings/change';
import { fieldsOf, Place } from '../settings/fields';
import { DeploymentsMatch, IncidentsMatch } from './live/Matches';
import { Preview, RulePreview } from './live/preview';
import { RuleMakes } from './live/RuleMakes';
import { RuleFields } from './RuleFields';
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
  /** What it makes, where it is a rule. */
  makes: RulePreview | undefined;
  onChange: (service: Service) => void;
  onRemove: () => void;
  onMove: (step: 1 | -1) => void;
}

/** One service, or a rule that makes some: its name, its team, and the entries that its deployments and incidents are found by. */
export function ServiceForm(props: Props) {
  const { service, sources, path, position, faults, readOnly, preview, makes, onChange, onRemove, onMove } = props;
  const put = (patch: Partial<Service>) => onChange(merge(service, patch));
  const field = fieldsOf(service, props, onChange);
  const name = service.match ? String(position) : service.name || String(position);
  const what = service.match ? 'rule' : 'service';
  const added = service.match ? ({} as { source: string }) : { source: sources[0] ?? '' }; // a rule's is that of what it takes
  const deployments = service.deployments ?? [];
  const incidents = service.incidents ?? [];
  const entry = { sources, faults, readOnly };
  return (
    <div role="group" aria-label={`${service.match ? 'Rule' : 'Service'} ${name}`}>
      <Stack direction="column" gap={2}>
        {service.match ? (
          <>
            <RuleFields
              rule={service}
              path={path}
              faults={faults}
              readOnly={readOnly}
              onChange={onChange}
              onMove={onMove}
            />
            <RuleMakes told={makes} />
          </>
        ) : (
          <Row>
            <Text label="Name" width={30} {...field('name')} onChange={(next) => put({ name: next ?? '' })} />
            <Text label="Team" width={30} {...field('team')} />
            <Lines label="Further teams" placeholder="that own it too; one a line" {...field('teams')} />
          </Row>
        )}
        {deployments.map((each, index) => (
          <DeploymentsEntry
            {...entry}
            key={index}
            name={`Deployments ${index + 1} of ${what} ${name}`}
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
            name={`Incidents ${index + 1} of ${what} ${name}`}
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
              onClick={() => put({ deployments: [...deployments, added] })}
            >
              Add deployments
            </Button>
            <Button variant="secondary" size="sm" icon="plus" onClick={() => put({ incidents: [...incidents, added] })}>
              Add incidents
            </Button>
            <Button variant="destructive" fill="outline" size="sm" icon="trash-alt" onClick={onRemove}>
              Remove {what} {name}
            </Button>
          </Row>
        )}
      </Stack>
    </div>
  );
}
