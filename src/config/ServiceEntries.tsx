import { Box, IconButton } from '@grafana/ui';
import React, { ReactNode } from 'react';
import { Choice } from '../form/Choice';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { fieldsOf, Place } from '../settings/fields';
import { Row } from './Section';
import { ServiceDeployments, ServiceIncidents } from '../settings/settings';

interface Props<T> extends Place {
  /** What a screen reader tells entries apart by. */
  name: string;
  entry: T;
  sources: string[];
  onChange: (entry: T) => void;
  onRemove: () => void;
  /** What the entry matches. */
  children?: ReactNode;
}

/** Which deployments are those of a service. */
export function DeploymentsEntry(props: Props<ServiceDeployments>) {
  const field = fieldsOf(props.entry, props, props.onChange);
  return (
    <Entry {...props} matches={props.children}>
      <Choice label="Deployments in" options={choices(props.sources)} width={20} {...field('source')} />
      <Text label="Repository" placeholder="example-health/medicines-api" width={32} {...field('repository')} />
      <Text label="Environment pattern" placeholder="what production says" width={24} {...field('environment')} />
      <Text label="Tag prefix" placeholder="any" width={18} {...field('tagPrefix')} />
      <Text label="Task or workflow" placeholder="any" width={18} {...field('task')} />
      <Lines label="Paths of its files" placeholder="all; one a line, services/x/**" {...field('paths')} />
    </Entry>
  );
}

/** Which incidents are those of a service. */
export function IncidentsEntry(props: Props<ServiceIncidents>) {
  const field = fieldsOf(props.entry, props, props.onChange);
  return (
    <Entry {...props} matches={props.children}>
      <Choice label="Incidents in" options={choices(props.sources)} width={20} {...field('source')} />
      <Text label="Repository" placeholder="example-health/medicines-api" width={32} {...field('repository')} />
      <Text label="Service there" placeholder="any" width={20} {...field('service')} />
      <Lines label="With one of the labels" placeholder="any; one a line" {...field('labels')} />
      <Lines label="Without the labels" placeholder="none; one a line" {...field('excludeLabels')} />
    </Entry>
  );
}

function choices(sources: string[]) {
  return sources.map((id) => ({ value: id, label: id }));
}

interface EntryProps {
  name: string;
  readOnly: boolean;
  onRemove: () => void;
  matches: ReactNode;
  children: ReactNode;
}

function Entry({ name, readOnly, onRemove, matches, children }: EntryProps) {
  const remove = `Remove ${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  return (
    <div role="group" aria-label={name}>
      <Row>
        {children}
        {!readOnly && (
          <Box paddingTop={3}>
            <IconButton name="times" size="lg" aria-label={remove} tooltip={remove} onClick={onRemove} />
          </Box>
        )}
      </Row>
      {matches}
    </div>
  );
}
