import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Checkbox, Icon, useStyles2 } from '@grafana/ui';
import React, { memo } from 'react';
import { Service } from '../settings/settings';
import { called, Taken, whereFrom } from '../services/listing';

interface Props {
  index: number;
  service: Service;
  taken: Taken | undefined;
  /** What is wrong with it, if anything is. */
  fault: string | undefined;
  open: boolean;
  chosen: boolean;
  readOnly: boolean;
  onOpen: (index: number) => void;
  onChoose: (index: number) => void;
}

/** One service in a line: what it is, whose, and what it takes. Its name opens it. */
export const ServiceRow = memo(function ServiceRow(props: Props) {
  const { index, service, taken, fault, open, chosen, readOnly, onOpen, onChoose } = props;
  const styles = useStyles2(getStyles);
  const name = service.match ? `Rule ${index + 1}: ${called(service)}` : service.name || `Service ${index + 1}`;
  return (
    <tr className={styles.row}>
      {!readOnly && (
        <td>
          <Checkbox aria-label={`Select ${name}`} value={chosen} onChange={() => onChoose(index)} />
        </td>
      )}
      <td>
        <button type="button" data-line className={styles.name} aria-expanded={open} onClick={() => onOpen(index)}>
          <Icon name={open ? 'angle-down' : 'angle-right'} />
          {name}
        </button>
        {taken?.makes && <div className={taken.nothing ? styles.nothing : styles.makes}>{taken.makes}</div>}
        {fault && (
          <div className={styles.fault}>
            <Icon name="exclamation-triangle" /> {fault}
          </div>
        )}
      </td>
      <td>{[service.team, ...(service.teams ?? [])].filter(Boolean).join(', ')}</td>
      <td className={styles.places}>{whereFrom(service)}</td>
      <td className={styles.number}>{told(taken?.deployments)}</td>
      <td className={styles.number}>{told(taken?.incidents)}</td>
    </tr>
  );
});

function told(count: number | undefined): string {
  return count === undefined ? '' : count.toLocaleString();
}

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({ '&:hover': { background: theme.colors.action.hover } }),
  name: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    background: 'none',
    border: 0,
    padding: 0,
    color: theme.colors.text.link,
    textAlign: 'left',
  }),
  makes: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  nothing: css({ color: theme.colors.warning.text, fontSize: theme.typography.bodySmall.fontSize }),
  fault: css({ color: theme.colors.error.text, fontSize: theme.typography.bodySmall.fontSize }),
  places: css({ color: theme.colors.text.secondary, [theme.breakpoints.down('md')]: { display: 'none' } }),
  number: css({ '&&': { textAlign: 'right' }, fontVariantNumeric: 'tabular-nums' }),
});
