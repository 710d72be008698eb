import { Box, IconButton } from '@grafana/ui';
import React, { ReactNode } from 'react';
import { Choice } from '../form/Choice';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { fieldsOf, Place } from '../settings/fields';
import { Row } from './Section';
import { byDefault, ServiceDeployments, ServiceIncidents } from '../settings/settings';

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
      <Text label="Repository" placeholder="e.g. example-health/medicines-api" width={32} {...field('repository')} />
      <Text label="Environment pattern" placeholder={byDefault('as Production')} width={24} {...field('environment')} />
      <Text label="Tag prefix" placeholder={byDefault('any')} width={18} {...field('tagPrefix')} />
      <Text label="Task or workflow" placeholder={byDefault('any')} width={18} {...field('task')} />
      <Lines
        label="Paths of its files"
        placeholder={'default: all\none a line, e.g. services/x/**'}
        {...field('paths')}
      />
    </Entry>
  );
}

/** Which incidents are those of a service. */
export function IncidentsEntry(props: Props<ServiceIncidents>) {
  const field = fieldsOf(props.entry, props, props.onChange);
  return (
    <Entry {...props} matches={props.children}>
      <Choice label="Incidents in" options={choices(props.sources)} width={20} {...field('source')} />
      <Text label="Repository" placeholder="e.g. example-health/medicines-api" width={32} {...field('repository')} />
      <Text label="Service there" placeholder={byDefault('any')} width={20} {...field('service')} />
      <Lines label="With one of the labels" placeholder={byDefault('any; one a line')} {...field('labels')} />
      <Lines label="Without the labels" placeholder={byDefault('none; one a line')} {...field('excludeLabels')} />
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
