import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Button, Stack, Text, useStyles2 } from '@grafana/ui';
import React from 'react';
import { DoraOptions } from '../../settings/settings';
import { figure, metricCalled, Remapped, RemappedGroup, RemappedGroups, useRemapped } from './remapped';

/** How many services, or teams, are shown before the rest is only counted. */
const SHOWN = 20;

interface Props {
  uid: string;
  version: number;
  options: DoraOptions;
}

/** Which figures would be others if services were saved as they are written, so that nobody is surprised by it. */
export function WouldChange({ uid, version, options }: Props) {
  const { compared, compare } = useRemapped(uid, version, options);
  const told = compared?.told;
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={2} alignItems="center" wrap="wrap">
        <Button variant="secondary" fill="outline" icon="eye" onClick={compare}>
          What would change
        </Button>
        <span role="status" aria-label="What saving would change">
          {compared && <Text color={compared.wrong ? 'warning' : 'secondary'}>{compared.wrong ?? summary(told)}</Text>}
        </span>
      </Stack>
      {told && <Groups called="Service" groups={told.services} />}
      {told && <Groups called="Team" groups={told.teams} />}
    </Stack>
  );
}

/** In a sentence; of nothing, that it is awaited. */
function summary(told: Remapped | undefined): string {
  if (!told) {
    return 'Comparing the figures of the last 90 days …';
  }
  const { services, teams } = told;
  if (services.all + teams.all === 0) {
    return 'There are no figures of the last 90 days to compare yet.';
  }
  if (services.changed + teams.changed === 0) {
    return `Nothing would change: every figure of the last 90 days stays as it is, of ${counted(services.all, 'service')} and ${counted(teams.all, 'team')}.`;
  }
  return `Figures of the last 90 days would change of ${share(services, 'service')} and ${share(teams, 'team')}.`;
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString()} ${what}${count === 1 ? '' : 's'}`;
}

function share({ changed, all }: RemappedGroups, what: string): string {
  return `${changed.toLocaleString()} of ${counted(all, what)}`;
}

function Groups({ called, groups: { changed, items } }: { called: string; groups: RemappedGroups }) {
  const styles = useStyles2(getStyles);
  if (items.length === 0) {
    return null;
  }
  const shown = items.slice(0, SHOWN);
  const rest = changed - shown.length;
  return (
    <div className={styles.around}>
      <table className={styles.table} aria-label={`${called}s that would change`}>
        <thead>
          <tr>
            {[called, 'Metric', 'Now → if it were saved'].map((heading) => (
              <th scope="col" key={heading}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        {shown.map((group) => (
          <tbody key={group.name}>
            <Lines group={group} />
          </tbody>
        ))}
      </table>
      {rest > 0 && (
        <div className={styles.rest}>
          <Text color="secondary">And {counted(rest, called.toLowerCase())} more.</Text>
        </div>
      )}
    </div>
  );
}

function Lines({ group: { name, change, figures } }: { group: RemappedGroup }) {
  const heading = (
    <th scope="rowgroup" rowSpan={Math.max(figures.length, 1)}>
      {name}
      {change !== 'differs' && <Text color="secondary"> {change}</Text>}
    </th>
  );
  if (figures.length === 0) {
    return (
      <tr>
        {heading}
        <td colSpan={2}>No figures in these days.</td>
      </tr>
    );
  }
  return figures.map((each, index) => (
    <tr key={each.metric}>
      {index === 0 && heading}
      <td>{metricCalled(each)}</td>
      <td>
        {figure(each.now, each.nowN, each.unit)} → {figure(each.then, each.thenN, each.unit)}
      </td>
    </tr>
  ));
}

const getStyles = (theme: GrafanaTheme2) => ({
  around: css({
    overflowX: 'auto',
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  table: css({
    width: '100%',
    borderCollapse: 'collapse',
    'th, td': { padding: theme.spacing(0.5, 1), textAlign: 'left', fontWeight: 'normal', verticalAlign: 'top' },
    tbody: { borderTop: `1px solid ${theme.colors.border.weak}` },
    thead: { background: theme.colors.background.secondary, color: theme.colors.text.secondary },
  }),
  rest: css({ padding: theme.spacing(0.5, 1), borderTop: `1px solid ${theme.colors.border.weak}` }),
});
