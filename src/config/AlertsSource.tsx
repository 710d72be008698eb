import React from 'react';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { merge } from './change';
import { Row } from './Section';
import { defaults, Source } from './settings';
import { Faults } from './validate';

interface Props {
  source: Source;
  path: string;
  faults: Faults;
  readOnly: boolean;
  onPut: (patch: Partial<Source>) => void;
}

/** Alerts that are sent here: which of them are incidents, and what their labels mean. */
export function AlertsSource({ source, path, faults, readOnly: disabled, onPut }: Props) {
  const alerts = source.alerts ?? {};
  const put = (patch: Partial<typeof alerts>) => onPut({ alerts: merge(alerts, patch) });
  return (
    <Row>
      <Lines
        label="Only alerts with"
        description="One label a line, as name=value; none: every alert is an incident."
        placeholder="severity=critical"
        value={alerts.only}
        error={faults[`${path}.alerts.only`]}
        disabled={disabled}
        onChange={(only) => put({ only })}
      />
      <Text
        label="Service label"
        description="Which label names the service."
        placeholder={defaults.alertService}
        value={alerts.service}
        disabled={disabled}
        onChange={(service) => put({ service })}
        width={24}
      />
      <Text
        label="Severity label"
        description="Which label is the severity."
        placeholder={defaults.alertSeverity}
        value={alerts.severity}
        disabled={disabled}
        onChange={(severity) => put({ severity })}
        width={24}
      />
    </Row>
  );
}
