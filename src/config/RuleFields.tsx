import { Button } from '@grafana/ui';
import React from 'react';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { merge } from '../settings/change';
import { fieldsOf, Place } from '../settings/fields';
import { Match, Service } from '../settings/settings';
import { Row } from './Section';

interface Props extends Place {
  rule: Service;
  onChange: (rule: Service) => void;
  /** Puts it before the rule above it (-1), or after the one below (1). */
  onMove: (step: 1 | -1) => void;
}

/** What a rule goes by, and what it calls the services that it makes. */
export function RuleFields({ rule, path, faults, readOnly, onChange, onMove }: Props) {
  const match = rule.match ?? {};
  const place = { path: `${path}.match`, faults, readOnly };
  const of = fieldsOf<Match>(match, place, (next) => onChange({ ...rule, match: next }));
  const named = fieldsOf(rule, { path, faults, readOnly }, onChange);
  const put = (patch: object) => onChange(merge(rule, patch));
  return (
    <>
      <Row>
        <Text
          label="Repository is"
          description="{word} remembers a part; * stands for any text."
          placeholder="e.g. acme/{team}-{service}"
          width={34}
          {...of('repository')}
        />
        <Text label="Source is" placeholder="any" width={16} {...of('source')} />
        <Text label="Group is" placeholder="any" width={18} {...of('group')} />
        <Text label="Topic is" placeholder="any, or e.g. team-{team}" width={22} {...of('topic')} />
        <Lines
          label="Custom properties"
          placeholder={'any, or one a line,\ne.g. squad={team}'}
          {...of('property')}
          value={Object.entries(match.property ?? {}).map(([name, shape]) => `${name}=${shape}`)}
          onChange={(lines) => of('property').onChange(lines && propertiesOf(lines))}
        />
      </Row>
      <Row>
        <Text label="Environment is" placeholder="any" width={22} {...of('environment')} />
        <Text label="Tier is" placeholder="any" width={14} {...of('tier')} />
        <Text label="Task is" placeholder="any, or e.g. deploy-{service}" width={26} {...of('task')} />
        <Text label="Tag prefix is" placeholder="any, or e.g. {service}-v" width={22} {...of('tagPrefix')} />
        <Text label="Folder is" placeholder="any, or e.g. services/{service}/**" width={30} {...of('path')} />
      </Row>
      <Row>
        <Text
          label="Name"
          placeholder="default: {service} or {repository}"
          width={34}
          {...named('name')}
          onChange={(name) => put({ name })}
        />
        <Text label="Team" placeholder="e.g. {team}" width={30} {...named('team')} />
        <Lines label="Further teams" placeholder="that own them too; one a line" {...named('teams')} />
      </Row>
      {!readOnly && (
        <Row>
          <Button variant="secondary" size="sm" icon="arrow-up" onClick={() => onMove(-1)}>
            Move up
          </Button>
          <Button variant="secondary" size="sm" icon="arrow-down" onClick={() => onMove(1)}>
            Move down
          </Button>
        </Row>
      )}
    </>
  );
}

/** A line that is not finished is a property without a shape. */
function propertiesOf(lines: string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [name, ...shape] = line.split('=');
      return [name.trim(), shape.join('=').trim()];
    })
  );
}
