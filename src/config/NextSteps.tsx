import { config } from '@grafana/runtime';
import { LinkButton, Stack } from '@grafana/ui';
import React from 'react';
import { docs } from '../settings/docs';
import { Section } from './Section';

/** What there is to do once a data source works. */
export function NextSteps({ uid }: { uid: string }) {
  const here = `${config.appSubUrl ?? ''}/`;
  return (
    <Section title="Next" description="Once Save & test is green, figures come in as the sources are read.">
      <Stack direction="row" wrap="wrap" gap={1}>
        <LinkButton
          variant="secondary"
          icon="apps"
          href={`${here}datasources/edit/${encodeURIComponent(uid)}/dashboards`}
        >
          Import the dashboards
        </LinkButton>
        <LinkButton variant="secondary" icon="bell" href={docs('alerting')} target="_blank" rel="noreferrer">
          Add alert rules
        </LinkButton>
        <LinkButton variant="secondary" icon="book" href={docs('metrics')} target="_blank" rel="noreferrer">
          What the numbers mean
        </LinkButton>
      </Stack>
    </Section>
  );
}
