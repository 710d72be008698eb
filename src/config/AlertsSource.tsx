import React from 'react';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { merge } from '../settings/change';
import { fieldsOf, Place } from '../settings/fields';
import { Row } from './Section';
import { byDefault, defaults, Source } from '../settings/settings';

interface Props extends Place {
  source: Source;
  onChange: (source: Source) => void;
}

/** Alerts that are sent here: which of them are incidents, and what their labels mean. */
export function AlertsSource({ source, path, faults, readOnly, onChange }: Props) {
  const field = fieldsOf(source.alerts ?? {}, { path: `${path}.alerts`, faults, readOnly }, (alerts) =>
    onChange(merge(source, { alerts }))
  );
  return (
    <Row>
      <Lines
        label="Only alerts with"
        description="One label a line, as name=value; none: every alert is an incident."
        placeholder="e.g. severity=critical"
        {...field('only')}
      />
      <Text
        label="Service label"
        description="Which label names the service."
        placeholder={byDefault(defaults.alertService)}
        width={24}
        {...field('service')}
      />
      <Text
        label="Severity label"
        description="Which label is the severity."
        placeholder={byDefault(defaults.alertSeverity)}
        width={24}
        {...field('severity')}
      />
    </Row>
  );
}
