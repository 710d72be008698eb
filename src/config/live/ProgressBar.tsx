import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

interface Props {
  label: string;
  /** 0 to 1; 0 is some, nobody knows how much. */
  value: number;
}

/** How far something is. */
export function ProgressBar({ label, value }: Props) {
  const styles = useStyles2(getStyles);
  const percent = Math.round(value * 100);
  return (
    <div className={styles.row}>
      <div
        className={styles.track}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={value > 0 ? percent : undefined}
      >
        <div className={styles.bar} style={{ width: `${percent}%` }} />
      </div>
      {value > 0 && `${percent} %`}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1), maxWidth: 480 }),
  track: css({
    flex: 1,
    height: theme.spacing(1),
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.canvas,
    border: `1px solid ${theme.colors.border.medium}`,
    overflow: 'hidden',
  }),
  bar: css({ height: '100%', background: theme.colors.info.main }),
});
