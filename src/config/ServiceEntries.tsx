import { Box, IconButton } from '@grafana/ui';
import React, { ReactNode } from 'react';
import { Choice } from '../form/Choice';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { merge } from './change';
import { Row } from './Section';
import { ServiceDeployments, ServiceIncidents } from './settings';
import { Faults } from './validate';

interface Props<T> {
  /** What a screen reader tells entries apart by. */
  name: string;
  path: string;
  entry: T;
  sources: string[];
  faults: Faults;
  readOnly: boolean;
  onChange: (entry: T) => void;
  onRemove: () => void;
  /** What the entry matches. */
  children?: ReactNode;
}

/** Which deployments are those of a service. */
export function DeploymentsEntry(props: Props<ServiceDeployments>) {
  const { entry, path, faults, readOnly: disabled } = props;
  const put = (patch: Partial<ServiceDeployments>) => props.onChange(merge(entry, patch));
  return (
    <Entry {...props} matches={props.children}>
      <SourceChoice {...props} label="Deployments in" onPick={(source) => put({ source })} />
      <Text
        label="Repository"
        placeholder="example-health/medicines-api"
        value={entry.repository}
        error={faults[`${path}.repository`]}
        disabled={disabled}
        onChange={(repository) => put({ repository })}
        width={32}
      />
      <Text
        label="Environment pattern"
        placeholder="what production says"
        value={entry.environment}
        error={faults[`${path}.environment`]}
        disabled={disabled}
        onChange={(environment) => put({ environment })}
        width={24}
      />
      <Text
        label="Tag prefix"
        placeholder="any"
        value={entry.tagPrefix}
        disabled={disabled}
        onChange={(tagPrefix) => put({ tagPrefix })}
        width={18}
      />
      <Text
        label="Task or workflow"
        placeholder="any"
        value={entry.task}
        disabled={disabled}
        onChange={(task) => put({ task })}
        width={18}
      />
      <Lines
        label="Paths of its files"
        placeholder="all; one a line, services/x/**"
        value={entry.paths}
        error={faults[`${path}.paths`]}
        disabled={disabled}
        onChange={(paths) => put({ paths })}
      />
    </Entry>
  );
}

/** Which incidents are those of a service. */
export function IncidentsEntry(props: Props<ServiceIncidents>) {
  const { entry, path, faults, readOnly: disabled } = props;
  const put = (patch: Partial<ServiceIncidents>) => props.onChange(merge(entry, patch));
  return (
    <Entry {...props} matches={props.children}>
      <SourceChoice {...props} label="Incidents in" onPick={(source) => put({ source })} />
      <Text
        label="Repository"
        placeholder="example-health/medicines-api"
        value={entry.repository}
        error={faults[`${path}.repository`]}
        disabled={disabled}
        onChange={(repository) => put({ repository })}
        width={32}
      />
      <Text
        label="Service there"
        placeholder="any"
        value={entry.service}
        disabled={disabled}
        onChange={(service) => put({ service })}
        width={20}
      />
      <Lines
        label="With one of the labels"
        placeholder="any; one a line"
        value={entry.labels}
        disabled={disabled}
        onChange={(labels) => put({ labels })}
      />
      <Lines
        label="Without the labels"
        placeholder="none; one a line"
        value={entry.excludeLabels}
        disabled={disabled}
        onChange={(excludeLabels) => put({ excludeLabels })}
      />
    </Entry>
  );
}

interface SourceChoiceProps {
  label: string;
  path: string;
  entry: { source: string };
  sources: string[];
  faults: Faults;
  readOnly: boolean;
  onPick: (source: string) => void;
}

function SourceChoice({ label, path, entry, sources, faults, readOnly, onPick }: SourceChoiceProps) {
  return (
    <Choice
      label={label}
      value={entry.source}
      options={sources.map((id) => ({ value: id, label: id }))}
      error={faults[`${path}.source`]}
      disabled={readOnly}
      onChange={onPick}
      width={20}
    />
  );
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
