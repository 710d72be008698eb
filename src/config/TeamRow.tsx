import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2 } from '@grafana/ui';
import React, { memo } from 'react';

interface Props {
  team: string;
  /** Of its services that were found. */
  count: number;
  columns: number;
  closed: boolean;
  onClose: (team: string) => void;
}

/** A team above its services, which it can hide. */
export const TeamRow = memo(function TeamRow({ team, count, columns, closed, onClose }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <tr className={styles.row}>
      <th scope="rowgroup" colSpan={columns}>
        <button type="button" data-line className={styles.name} aria-expanded={!closed} onClick={() => onClose(team)}>
          <Icon name={closed ? 'angle-right' : 'angle-down'} />
          {team || 'Without a team'}
          <span className={styles.count}>{count.toLocaleString()}</span>
        </button>
      </th>
    </tr>
  );
});

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({ background: theme.colors.background.secondary }),
  name: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    background: 'none',
    border: 0,
    padding: 0,
    color: theme.colors.text.primary,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  count: css({ color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular }),
});
